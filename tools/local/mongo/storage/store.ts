import { randomBytes } from "node:crypto";
import { fail } from "../errors.ts";
import { encode } from "../values/codec.ts";
import { createArena } from "./arena.ts";
import { createChanges } from "./changes.ts";
import type {
  Collection,
  CollectionOptions,
  IndexChanges,
  StoredCollection,
} from "./collection.ts";
import { type Compactor, createCompactor } from "./compactor.ts";
import { dueRecords } from "./expiry.ts";
import { type JournalFiles, realFiles } from "./files.ts";
import { CorruptJournalError, type Journal, openJournal, repairJournal } from "./journal.ts";
import type { Operation } from "./operation.ts";
import { createRecent } from "./recent.ts";
import { createRedo, creation } from "./redo.ts";
import { createCollection } from "./stored-collection.ts";

export type StoreOptions = {
  /** Folder of the journal; without one everything lives in memory only. */
  directory?: string;
  /** Keep the good part of a corrupt journal instead of refusing to open. */
  repair?: boolean;
  /** The file operations of the journal; node:fs unless a test brings its own. */
  files?: JournalFiles;
  /** Receives one line for each thing an operator should know. */
  log?: (line: string) => void;
  /** Bytes below which the journal is never compacted; 64 MiB unless a test wants less. */
  compactAbove?: number;
};

type DatabaseInfo = { name: string; sizeOnDisk: number; empty: boolean };

/** What `collMod` may change. */
export type CollectionChanges = CollectionOptions & { index?: IndexChanges };

/** All databases of one server. Every method is synchronous. */
export type Store = {
  databases(): DatabaseInfo[];
  /** The collection of a full name such as `app.accounts`, if it exists. */
  collection(namespace: string): Collection | undefined;
  /** Creates a collection with its `_id` index. Throws NamespaceExists (48). */
  create(namespace: string, options?: CollectionOptions): Collection;
  /** Whether there was such a collection. */
  drop(namespace: string): boolean;
  dropDatabase(name: string): void;
  /** collMod. Throws NamespaceNotFound (26) or IndexNotFound (27). */
  modify(namespace: string, changes: CollectionChanges): void;
  list(database: string): Collection[];
  /**
   * Runs one statement: all its changes reach the journal as one record before this returns, and
   * a batch inside a batch joins the outer one. If `work` throws, or the record can't be written
   * (OutOfDiskSpace, 14031), everything it changed is undone and the error thrown on. Old versions
   * are kept until it ends, so a statement over very many documents is better several batches.
   */
  batch<T>(work: () => T): T;
  /** Removes what TTL indexes say is due; returns how many documents went. Throws OutOfDiskSpace. */
  expireDue(now: Date): number;
  /** Releases the journal and its lock. */
  close(): void;
};

/** A journal below this many bytes is not worth compacting. */
const smallJournal = 64 * 2 ** 20;

/**
 * Opens a store, with all that its journal holds. Throws CorruptJournalError, which names file and
 * byte offset, unless `repair` is set; and an Error that names the holder of a folder in use.
 */
export function openStore(options: StoreOptions = {}): Store {
  const { directory, repair = false, files = realFiles, log = () => {} } = options;
  const { compactAbove = smallJournal } = options;
  if (directory === undefined) return openOnce();
  const durable = { directory, files, log, compactAbove };
  try {
    return openOnce(durable);
  } catch (error) {
    if (!repair || !(error instanceof CorruptJournalError)) throw error;
    repairJournal(error, durable);
    return openOnce(durable);
  }
}

type Durable = {
  directory: string;
  files: JournalFiles;
  log: (line: string) => void;
  compactAbove: number;
};

function openOnce(durable?: Durable): Store {
  const arena = createArena();
  const recent = createRecent();
  const collections = new Map<string, StoredCollection>();
  let lastNumber = 0;
  let journal: Journal | undefined;
  let compactor: Compactor | undefined;

  const changes = createChanges((operations) => {
    journal?.append(operations);
    compactor?.check();
  });

  function make(namespace: string, number: number, uuid: Uint8Array, options: CollectionOptions) {
    lastNumber = Math.max(lastNumber, number);
    return createCollection({ namespace, number, uuid, options, arena, recent, changes });
  }

  function create(namespace: string, options: CollectionOptions = {}): Collection {
    if (collections.has(namespace)) {
      fail("NamespaceExists", `Collection already exists. NS: ${namespace}`);
    }
    const collection = make(namespace, lastNumber + 1, randomUuid(), options);
    collections.set(namespace, collection);
    changes.note({
      operation: creation(collection),
      undo: () => collections.delete(namespace),
    });
    return collection;
  }

  function drop(namespace: string): boolean {
    const collection = collections.get(namespace);
    if (collection === undefined) return false;
    collections.delete(namespace);
    changes.note({
      operation: { kind: "drop", collection: collection.number, document: encode({}) },
      undo: () => collections.set(namespace, collection),
      done: collection.forget,
    });
    return true;
  }

  const inDatabase = (name: string): StoredCollection[] =>
    [...collections.values()].filter(({ namespace }) => databaseOf(namespace) === name);

  function* state(): Generator<Operation> {
    for (const collection of [...collections.values()]) {
      yield creation(collection);
      for (const document of collection.contents()) {
        yield { kind: "put", collection: collection.number, document };
      }
    }
  }

  if (durable) {
    journal = openJournal(durable, createRedo(collections, make));
    compactor = createCompactor({
      journal,
      state,
      liveBytes: () => [...collections.values()].reduce((sum, { size }) => sum + size, 0),
      minimum: durable.compactAbove,
      log: durable.log,
    });
    compactor.checkAtOpen();
  }

  return {
    databases() {
      const sizes = new Map<string, number>();
      for (const { namespace, size } of collections.values()) {
        const name = databaseOf(namespace);
        sizes.set(name, (sizes.get(name) ?? 0) + size);
      }
      return [...sizes].map(([name, sizeOnDisk]) => ({ name, sizeOnDisk, empty: false }));
    },
    collection: (namespace) => collections.get(namespace),
    create,
    drop,
    dropDatabase(name) {
      changes.batch(() => {
        for (const { namespace } of inDatabase(name)) drop(namespace);
      });
    },
    modify(namespace, { index, ...options }) {
      const collection = collections.get(namespace);
      if (collection === undefined) {
        return fail("NamespaceNotFound", `ns does not exist: ${namespace}`);
      }
      changes.batch(() => {
        if (Object.keys(options).length > 0)
          collection.modify({ ...collection.options, ...options });
        if (index) collection.modifyIndex(index);
      });
    },
    list: inDatabase,
    batch: changes.batch,
    expireDue(now) {
      return changes.batch(() => {
        let gone = 0;
        for (const collection of collections.values()) {
          for (const record of dueRecords(collection, now)) {
            const doc = collection.at(record);
            if (doc) collection.remove(doc);
            gone += 1;
          }
        }
        return gone;
      });
    },
    close() {
      compactor?.stop();
      journal?.close();
    },
  };
}

const databaseOf = (namespace: string): string => namespace.slice(0, namespace.indexOf("."));

function randomUuid(): Uint8Array {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes;
}
