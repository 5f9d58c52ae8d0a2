/**
 * The embedded database as a server on a loopback socket. For development and tests only: no
 * authentication, transactions, change streams or capped collections; outcomes of retryable
 * writes are forgotten with the process.
 */
import { createServer, type Server as Listener } from "node:net";
import { createClock } from "./commands/clock.ts";
import type { Server } from "./commands/command.ts";
import { serveConnection } from "./connection.ts";
import { createCursors } from "./cursors.ts";
import { createFailPoints } from "./fail-points.ts";
import { createSessions } from "./sessions.ts";
import { openStore, type Store, type StoreOptions } from "./storage/store.ts";

/** How often idle cursors and sessions and expired documents are looked for, in milliseconds. */
const CLEANING_MS = 1_000;

export type ServerOptions = StoreOptions & {
  /** 0, the default, takes a free port. */
  port?: number;
};

export type RunningServer = {
  /** A connection string that makes a driver treat it as the replica set it says it is. */
  uri: string;
  port: number;
  store: Store;
  close: () => Promise<void>;
};

/**
 * Opens the store and listens on 127.0.0.1.
 * @throws what opening the store throws, and the socket's error if the port is taken.
 */
export const startServer = async (options: ServerOptions = {}): Promise<RunningServer> => {
  const { port: wantedPort = 0, ...storeOptions } = options;
  const log = options.log ?? (() => {});
  const store = openStore(storeOptions);
  const listener = createServer();
  let port: number;
  try {
    port = await listen(listener, wantedPort);
  } catch (error) {
    store.close();
    throw error;
  }
  const address = `127.0.0.1:${port}`;
  const server: Server = {
    store,
    cursors: createCursors(),
    sessions: createSessions(),
    failPoints: createFailPoints(),
    clock: createClock(),
    address,
    startedAt: new Date(),
    opcounters: { insert: 0, query: 0, update: 0, delete: 0, getmore: 0, command: 0 },
    connections: new Map(),
    log,
  };
  const closeSockets = acceptConnections(listener, server);
  const cleaning = setInterval(() => clean(server), CLEANING_MS);
  cleaning.unref();
  return {
    uri: `mongodb://${address}/?replicaSet=embedded`,
    port,
    store,
    close: async () => {
      clearInterval(cleaning);
      const closed = new Promise((resolve) => listener.close(resolve));
      closeSockets();
      await closed;
      store.close();
    },
  };
};

const listen = (listener: Listener, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    listener.once("error", reject);
    listener.listen({ port, host: "127.0.0.1", backlog: 1024 }, () => {
      const address = listener.address();
      if (address && typeof address === "object") resolve(address.port);
      else reject(new Error("the server has no port"));
    });
  });

const acceptConnections = (listener: Listener, server: Server): (() => void) => {
  const sockets = new Set<{ destroy: () => void }>();
  let accepted = 0;
  listener.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    serveConnection(server, socket, ++accepted);
  });
  return () => {
    for (const socket of sockets) socket.destroy();
  };
};

const clean = ({ cursors, sessions, store, log }: Server): void => {
  const now = new Date();
  cursors.closeIdle(now.getTime());
  for (const key of sessions.endIdle(now.getTime())) cursors.closeSession(key);
  try {
    store.expireDue(now);
  } catch (error) {
    log(`expired documents could not be removed: ${error}`);
  }
};
