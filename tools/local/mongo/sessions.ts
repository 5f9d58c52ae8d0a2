/** Logical sessions, and in them the outcomes of retryable writes. */
import { Binary, Int32, type Long, UUID } from "bson";
import { fail } from "./errors.ts";
import type { Doc, Value } from "./values/codec.ts";

/** What `hello` announces; a session nobody uses that long is forgotten. */
export const SESSION_TIMEOUT_MINUTES = 30;

/** What one statement of a write command did. */
export type WriteOutcome = {
  /** Documents matched, inserted or deleted. */
  n: number;
  nModified?: number;
  /** The _id of the document an upsert inserted. */
  upserted?: Value;
  /** findAndModify: the whole document before or after the change, as asked for. */
  image?: Doc | null;
  /** The array position that the query matched in it. */
  position?: number | undefined;
};

/** The outcomes remembered for one transaction number, by statement number. */
export type RetryLog = Map<number, WriteOutcome>;

export type Session = {
  key: string;
  lastUse: number;
  retryable: { txnNumber: Long; log: RetryLog } | undefined;
};

export type Sessions = ReturnType<typeof createSessions>;

/** The table of sessions of one server. */
export const createSessions = () => {
  const sessions = new Map<string, Session>();

  const touch = (key: string): Session => {
    const session = sessions.get(key) ?? { key, lastUse: 0, retryable: undefined };
    session.lastUse = Date.now();
    sessions.set(key, session);
    return session;
  };

  return {
    /** The session of that key, made if it is new, and used from now. */
    touch,
    /** The session of a command's `lsid`. @throws ServerError if malformed. */
    use: (lsid: Doc): Session => touch(sessionKey(lsid)),
    /** A new session as startSession's reply gives it. */
    start: (): Doc => {
      const id = new UUID();
      touch(id.toHexString(false));
      return { id: { id: id.toBinary() }, timeoutMinutes: new Int32(SESSION_TIMEOUT_MINUTES) };
    },
    end: (key: string): boolean => sessions.delete(key),
    /** Forgets what has been idle too long and returns the keys. */
    endIdle: (now: number): string[] => {
      const idle = [...sessions.values()]
        .filter((session) => now - session.lastUse > SESSION_TIMEOUT_MINUTES * 60_000)
        .map((session) => session.key);
      for (const key of idle) sessions.delete(key);
      return idle;
    },
    all: (): Session[] => [...sessions.values()],
  };
};

/** @throws ServerError if `lsid` is not `{ id: <UUID> }`. */
export const sessionKey = (lsid: Doc): string => {
  const { id } = lsid;
  if (!(id instanceof Binary) || id.sub_type !== Binary.SUBTYPE_UUID || id.position !== 16) {
    return fail("TypeMismatch", "BSON field 'lsid.id' is the wrong type, expected type 'UUID'");
  }
  return Buffer.from(id.buffer).toString("hex", 0, 16);
};

/**
 * The outcomes remembered for a retryable write: empty the first time its number is seen.
 * A session remembers its latest number only, as in MongoDB.
 * @throws ServerError TransactionTooOld for an older number.
 */
export const retryLog = (session: Session, txnNumber: Long): RetryLog => {
  const latest = session.retryable;
  const order = latest ? txnNumber.compare(latest.txnNumber) : 1;
  if (latest && order === 0) return latest.log;
  if (latest && order < 0) {
    fail(
      "TransactionTooOld",
      `Retryable write with txnNumber ${txnNumber} is prohibited on session ${session.key} because a newer retryable write with txnNumber ${latest.txnNumber} has already started on this session.`,
    );
  }
  const log: RetryLog = new Map();
  session.retryable = { txnNumber, log };
  return log;
};
