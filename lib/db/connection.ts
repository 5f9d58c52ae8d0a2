import { setImmediate } from "node:timers/promises";
import { type Db, MongoClient, type MongoClientOptions } from "mongodb";
import { Failure } from "../errors.ts";
import { BoundPassed, isUnavailable } from "./unavailable.ts";

/** Longest time in milliseconds that one use of the database may take, connecting included. */
const databaseBound = 5_000;

/**
 * Options for a client on Lambda. The driver's own defaults suit a server that is never frozen:
 * 100 connections a container would use up the cluster's, and a socket that died during a freeze
 * would hang for ever. Retries need `w: majority` to mean anything, and money is never written less.
 */
export const clientOptions = {
  appName: "promptenchanter",
  maxPoolSize: 5,
  maxIdleTimeMS: 60_000,
  serverSelectionTimeoutMS: 3_000,
  connectTimeoutMS: 3_000,
  socketTimeoutMS: 3_000,
  waitQueueTimeoutMS: 2_000,
  // A streaming monitor holds one more connection and wakes from a freeze with a dead one.
  serverMonitoringMode: "poll",
  retryReads: true,
  retryWrites: true,
  writeConcern: { w: "majority" },
} as const satisfies MongoClientOptions;

/** Milliseconds without a use after which the container may have been frozen. */
const idleFor = 1_000;

/**
 * Lets Node hear of everything that happened to its sockets: the request that wakes a frozen
 * container may otherwise be written to a socket whose end is not known yet. Two turns, since the
 * end of a socket is read in one and told in the next.
 */
async function hearOfSockets(): Promise<void> {
  await setImmediate();
  await setImmediate();
}

export interface Database {
  /**
   * Runs `work` on the connected database, at most `bound` milliseconds in all.
   * @throws Failure DATABASE_UNAVAILABLE if it cannot be reached in that time; nothing is known then of a write that was under way
   */
  run<Result>(work: (db: Db) => Promise<Result>, bound?: number): Promise<Result>;
  close(): Promise<void>;
}

interface DatabaseOptions {
  /** Asked once for each new client, so that a secret may be read late. */
  uri: () => Promise<string> | string;
  name: string;
  options?: MongoClientOptions;
}

/**
 * The database through one client a container: connected at first use and kept. A failed connect is
 * not kept, and a client that lost its server is replaced, because after a freeze its sockets may
 * look alive and answer nothing.
 */
export function openDatabase({ uri, name, options = clientOptions }: DatabaseOptions): Database {
  let current: Promise<MongoClient> | undefined;
  const retired = new Set<Promise<MongoClient>>();
  let usedAt = Date.now();

  // The driver makes a new one at each call, with options read anew.
  const databases = new WeakMap<MongoClient, Db>();
  const databaseOf = (client: MongoClient): Db => {
    const db = databases.get(client) ?? client.db(name);
    databases.set(client, db);
    return db;
  };

  const connect = async (): Promise<MongoClient> => {
    const client = new MongoClient(await uri(), options);
    try {
      return await client.connect();
    } catch (error) {
      await client.close();
      throw error;
    }
  };

  const end = async (client: Promise<MongoClient>): Promise<void> => {
    retired.delete(client);
    // One that never connected has said so to whoever waited for it, and has nothing to close.
    const connected = await client.catch(() => undefined);
    await connected?.close();
  };

  const retire = (failed: Promise<MongoClient>): void => {
    if (current === failed) current = undefined;
    if (retired.has(failed)) return;
    retired.add(failed);
    // Others may still be waiting on this client; their own bounds end them before it is closed.
    setTimeout(() => void end(failed), databaseBound).unref();
  };

  return {
    run: async (work, bound = databaseBound) => {
      const idle = Date.now() - usedAt;
      usedAt = Date.now();
      if (idle > idleFor) await hearOfSockets();
      current ??= connect();
      const client = current;
      let connected = false;
      const attempt = client.then((ready) => {
        connected = true;
        return work(databaseOf(ready));
      });
      try {
        return await within(bound, attempt);
      } catch (error) {
        if (connected && !isUnavailable(error)) throw error;
        retire(client);
        throw new Failure("DATABASE_UNAVAILABLE", { retryAfter: 2, cause: error });
      }
    },
    close: async () => {
      if (current) retired.add(current);
      current = undefined;
      await Promise.all([...retired].map(end));
    },
  };
}

function within<Result>(bound: number, work: Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new BoundPassed(bound)), bound);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
