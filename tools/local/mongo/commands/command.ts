/** What a command is: its name, its fields, what it may carry, and what it does. */
import type { Deadline } from "../context.ts";
import type { Cursors } from "../cursors.ts";
import type { FailPoints } from "../fail-points.ts";
import type { Verbosity } from "../planner.ts";
import type { RetryLog, Session, Sessions } from "../sessions.ts";
import type { Store } from "../storage/store.ts";
import type { Doc } from "../values/codec.ts";
import type { OperationClock } from "./clock.ts";
import { type Arguments, type Fields, parseFields } from "./fields.ts";

/** One running server, as commands see it. */
export type Server = {
  store: Store;
  cursors: Cursors;
  sessions: Sessions;
  failPoints: FailPoints;
  clock: OperationClock;
  /** `host:port`, the name of the one member of the replica set. */
  address: string;
  startedAt: Date;
  /** Commands seen since the start, by what serverStatus calls their kind. */
  opcounters: Record<OpCounter, number>;
  connections: Map<number, Connection>;
  log: (line: string) => void;
};

type OpCounter = "insert" | "query" | "update" | "delete" | "getmore" | "command";

export type Connection = {
  id: number;
  /** `host:port` of the client. */
  remote: string;
  /** What the driver said about itself in its handshake. */
  client: Doc | undefined;
};

/** One command on its way. */
export type Request = {
  server: Server;
  connection: Connection;
  body: Doc;
  db: string;
  /** `$$NOW` of the whole command. */
  now: Date;
  deadline: Deadline;
  session: Session | undefined;
  /** Present if the command is a retryable write. */
  retryLog: RetryLog | undefined;
};

type Traits = {
  /** Other names clients know the command by. */
  aliases?: readonly string[];
  counts?: OpCounter;
  /** Whether the command takes a `writeConcern`, a `readConcern`, a `txnNumber`. */
  writes?: boolean;
  reads?: boolean;
  retryable?: boolean;
  /** Runs on the admin database only. */
  adminOnly?: boolean;
  /** Ignores fields it does not know, as the handshake must. */
  open?: boolean;
};

type Definition<F extends Fields> = Traits & {
  name: string;
  fields: F;
  /** A promise for what takes long and lets other commands have their turn meanwhile. */
  run: (args: Arguments<F>, request: Request) => Doc | Promise<Doc>;
  explain?: (args: Arguments<F>, request: Request, verbosity: Verbosity) => Doc;
};

export type Command = Traits & {
  name: string;
  run: (request: Request) => Doc | Promise<Doc>;
  explain: ((request: Request, verbosity: Verbosity) => Doc) | undefined;
};

/** Fields that any command may carry; dispatch reads them. */
const SHARED_FIELDS: ReadonlySet<string> = new Set([
  "$db",
  "$readPreference",
  "$clusterTime",
  "apiVersion",
  "apiStrict",
  "apiDeprecationErrors",
  "autocommit",
  "comment",
  "lsid",
  "maxTimeMS",
  "readConcern",
  "startTransaction",
  "txnNumber",
  "writeConcern",
]);

/** Makes a command that checks its fields before it runs. */
export const command = <F extends Fields>(definition: Definition<F>): Command => {
  const { fields, run, explain, ...traits } = definition;
  const others = traits.open ? "any" : SHARED_FIELDS;
  const args = ({ body }: Request) => parseFields(traits.name, fields, body, others);
  return {
    ...traits,
    run: (request) => run(args(request), request),
    explain: explain && ((request, verbosity) => explain(args(request), request, verbosity)),
  };
};
