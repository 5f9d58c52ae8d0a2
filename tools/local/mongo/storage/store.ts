import type { Doc } from "../values/codec.ts";
import type { Collection, CollectionOptions } from "./collection.ts";
import type { JournalFiles } from "./files.ts";

export type StoreOptions = {
  /** Folder of the journal; without one everything lives in memory only. */
  directory?: string;
  /** Keep the good part of a corrupt journal instead of refusing to open. */
  repair?: boolean;
  /** The file operations of the journal; node:fs unless a test brings its own. */
  files?: JournalFiles;
  /** Receives one line for each thing an operator should know. */
  log?: (line: string) => void;
};

export type DatabaseInfo = { name: string; sizeOnDisk: number; empty: boolean };

/** What `collMod` may change. */
export type CollectionChanges = {
  validator?: Doc;
  validationLevel?: string;
  validationAction?: string;
  index?: { name: string; expireAfterSeconds?: number; hidden?: boolean };
};

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
   * (OutOfDiskSpace, 14031), everything it changed is undone and the error thrown on.
   */
  batch<T>(work: () => T): T;
  /** Removes what TTL indexes say is due; returns how many documents went. */
  expireDue(now: Date): number;
  /** Releases the journal and its lock. */
  close(): void;
};

export declare function openStore(options?: StoreOptions): Store;
