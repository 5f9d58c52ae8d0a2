/** Open cursors: results of which a client has seen the first batch only. */
import { randomBytes } from "node:crypto";
import { calculateObjectSize, Long } from "bson";
import { fail } from "./errors.ts";
import type { Doc } from "./values/codec.ts";

/** MongoDB's default for cursors nobody asks for any more. */
const IDLE_MS = 10 * 60_000;
const DEFAULT_FIRST_BATCH = 101;
/** A batch must fit a reply document of 16 MiB with room for what surrounds it. */
const MAX_BATCH_BYTES = 16 * 1024 * 1024 - 1024;

type Results = {
  /** What the client calls the cursor's collection, as `database.collection`. */
  namespace: string;
  docs: Iterable<Doc>;
  /** Documents in the first batch: default 101; 0 opens the cursor without reading. */
  batchSize?: number | undefined;
  /** True ends the cursor with its first batch. */
  singleBatch?: boolean | undefined;
  session?: string | undefined;
};

type Cursor = {
  namespace: string;
  session: string | undefined;
  reader: BatchReader;
  lastUse: number;
};

type BatchReader = { take(limit: number): Doc[]; isDone(): boolean; close(): void };

export type Cursors = ReturnType<typeof createCursors>;

/** The table of open cursors of one server. */
export const createCursors = () => {
  const cursors = new Map<string, Cursor>();

  const close = (id: string): boolean => {
    cursors.get(id)?.reader.close();
    return cursors.delete(id);
  };

  const closeWhere = (test: (cursor: Cursor) => boolean): void => {
    for (const [id, cursor] of cursors) if (test(cursor)) close(id);
  };

  return {
    /** The `cursor` part of a reply; its id is 0 if the first batch is all there is. */
    open: ({ namespace, docs, batchSize, singleBatch, session }: Results): Doc => {
      const reader = readBatches(docs);
      const firstBatch = reader.take(batchSize ?? DEFAULT_FIRST_BATCH);
      if (singleBatch) reader.close();
      let id = Long.ZERO;
      if (!reader.isDone()) {
        id = newCursorId();
        cursors.set(id.toString(), { namespace, session, reader, lastUse: Date.now() });
      }
      return { firstBatch, id, ns: namespace };
    },

    /**
     * The `cursor` part of a getMore reply.
     * @throws ServerError CursorNotFound, or if the cursor is another collection's or session's.
     */
    more: (request: {
      id: Long;
      namespace: string;
      batchSize: number | undefined;
      session: string | undefined;
    }): Doc => {
      const key = request.id.toString();
      const cursor = cursors.get(key);
      if (!cursor) return fail("CursorNotFound", `cursor id ${key} not found`);
      if (cursor.namespace !== request.namespace) {
        fail(
          "Unauthorized",
          `Requested getMore on namespace '${request.namespace}', but cursor belongs to a different namespace ${cursor.namespace}`,
        );
      }
      if (cursor.session !== request.session) {
        fail(
          "Unauthorized",
          `Cannot run getMore on cursor ${key}, which was created in another session`,
        );
      }
      cursor.lastUse = Date.now();
      const nextBatch = cursor.reader.take(request.batchSize || Number.POSITIVE_INFINITY);
      const done = cursor.reader.isDone();
      if (done) cursors.delete(key);
      return { nextBatch, id: done ? Long.ZERO : request.id, ns: cursor.namespace };
    },

    /** Closes one cursor of `namespace`; false if there is none. */
    kill: (id: Long, namespace: string): boolean =>
      cursors.get(id.toString())?.namespace === namespace && close(id.toString()),

    closeSession: (session: string): void => closeWhere((cursor) => cursor.session === session),

    /** Closes the cursors over a collection that goes away. */
    closeNamespace: (namespace: string): void =>
      closeWhere((cursor) => cursor.namespace === namespace),

    closeIdle: (now: number): void => closeWhere((cursor) => now - cursor.lastUse > IDLE_MS),

    count: (): number => cursors.size,
  };
};

/** Reads one document ahead, so that a cursor is known to be done with its last batch. */
const readBatches = (docs: Iterable<Doc>): BatchReader => {
  const iterator = docs[Symbol.iterator]();
  let next: IteratorResult<Doc> | undefined;
  const peek = (): IteratorResult<Doc> => {
    next ??= iterator.next();
    return next;
  };
  return {
    take: (limit) => {
      const batch: Doc[] = [];
      let bytes = 0;
      while (batch.length < limit && !peek().done) {
        const doc: Doc = peek().value;
        const [first] = batch;
        if (first) {
          // The first fits in any case, and most often it is alone.
          if (batch.length === 1) bytes = calculateObjectSize(first);
          bytes += calculateObjectSize(doc);
          if (bytes > MAX_BATCH_BYTES) break;
        }
        batch.push(doc);
        next = undefined;
      }
      return batch;
    },
    isDone: () => peek().done === true,
    close: () => {
      iterator.return?.();
      next = { done: true, value: undefined };
    },
  };
};

/** Positive and unpredictable; 0 means "no cursor". */
const newCursorId = (): Long => Long.fromBigInt((randomBytes(8).readBigUInt64LE() >> 1n) | 1n);
