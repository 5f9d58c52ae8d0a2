/** What a driver asks before and between its work. */
import { Int32, Long } from "bson";
import { MAX_DOCUMENT_BYTES, MAX_MESSAGE_BYTES, MAX_WRITE_BATCH, VERSION } from "../limits.ts";
import { SESSION_TIMEOUT_MINUTES } from "../sessions.ts";

import { type Doc, isDoc } from "../values/codec.ts";
import { command, type Request } from "./command.ts";
import { any, ignored, optional } from "./fields.ts";

const MAX_WIRE_VERSION = 25;
const REPLICA_SET = "embedded";

/** The primary of a replica set of one, so that drivers use sessions and retryable writes. */
const describeMember = (request: Request, client: Doc | undefined): Doc => {
  const { address } = request.server;
  if (client) request.connection.client = client;
  return {
    helloOk: true,
    setName: REPLICA_SET,
    setVersion: new Int32(1),
    hosts: [address],
    primary: address,
    me: address,
    secondary: false,
    maxBsonObjectSize: new Int32(MAX_DOCUMENT_BYTES),
    maxMessageSizeBytes: new Int32(MAX_MESSAGE_BYTES),
    maxWriteBatchSize: new Int32(MAX_WRITE_BATCH),
    localTime: request.now,
    lastWrite: { lastWriteDate: request.now, majorityWriteDate: request.now },
    logicalSessionTimeoutMinutes: new Int32(SESSION_TIMEOUT_MINUTES),
    connectionId: new Int32(request.connection.id),
    minWireVersion: new Int32(0),
    maxWireVersion: new Int32(MAX_WIRE_VERSION),
    readOnly: false,
  };
};

const clientOf = (value: unknown): Doc | undefined => (isDoc(value) ? value : undefined);

const hello = command({
  name: "hello",
  fields: { client: optional(any) },
  open: true,
  run: ({ client }, request) => ({
    isWritablePrimary: true,
    ...describeMember(request, clientOf(client)),
  }),
});

const isMaster = command({
  name: "isMaster",
  aliases: ["ismaster"],
  fields: { client: optional(any) },
  open: true,
  run: ({ client }, request) => ({
    ismaster: true,
    ...describeMember(request, clientOf(client)),
  }),
});

const ping = command({ name: "ping", fields: { ping: ignored }, run: () => ({}) });

const buildInfo = command({
  name: "buildInfo",
  aliases: ["buildinfo"],
  fields: { buildInfo: ignored, buildinfo: ignored },
  run: () => ({
    version: VERSION,
    versionArray: [...VERSION.split(".").map((part) => new Int32(Number(part))), new Int32(0)],
    gitVersion: "embedded",
    modules: ["embedded"],
    sysInfo: "embedded database for development and tests",
    bits: new Int32(64),
    debug: false,
    maxBsonObjectSize: new Int32(MAX_DOCUMENT_BYTES),
    storageEngines: ["embedded"],
  }),
});

const connectionStatus = command({
  name: "connectionStatus",
  fields: { connectionStatus: ignored, showPrivileges: ignored },
  run: () => ({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] } }),
});

const whatsMyUri = command({
  name: "whatsmyuri",
  fields: { whatsmyuri: ignored },
  run: (_, { connection }) => ({ you: connection.remote }),
});

const serverStatus = command({
  name: "serverStatus",
  fields: { serverStatus: ignored },
  open: true,
  run: (_, { server, now }) => {
    const seconds = Math.floor((now.getTime() - server.startedAt.getTime()) / 1000);
    return {
      host: server.address,
      version: VERSION,
      process: "embedded",
      pid: Long.fromNumber(process.pid),
      uptime: new Int32(seconds),
      uptimeMillis: Long.fromNumber(now.getTime() - server.startedAt.getTime()),
      localTime: now,
      connections: { current: new Int32(server.connections.size) },
      metrics: { cursor: { open: { total: Long.fromNumber(server.cursors.count()) } } },
      opcounters: Object.fromEntries(
        Object.entries(server.opcounters).map(([kind, count]) => [kind, Long.fromNumber(count)]),
      ),
      repl: { setName: REPLICA_SET, isWritablePrimary: true, hosts: [server.address] },
      mem: { bits: new Int32(64), resident: new Int32(process.memoryUsage.rss() / 2 ** 20) },
    };
  },
});

export const handshakeCommands = [
  hello,
  isMaster,
  ping,
  buildInfo,
  connectionStatus,
  whatsMyUri,
  serverStatus,
];
