import type { Doc, Value } from "../values/codec.ts";
import type { Index } from "./index.ts";
import type { OperationKind } from "./operation.ts";

/** What `create` was given and listCollections shows. */
export type CollectionOptions = {
  validator?: Doc;
  validationLevel?: string;
  validationAction?: string;
  /** What makes it a view, which holds no documents: the collection or view it shows, and how. */
  viewOn?: string;
  pipeline?: Doc[];
};

/** The documents of one namespace, in insertion order, with their indexes. */
export type Collection = {
  readonly namespace: string;
  readonly options: CollectionOptions;
  readonly uuid: Uint8Array;
  /** How many documents there are. */
  readonly count: number;
  /** Bytes of BSON held. */
  readonly size: number;
  /** `_id_` first, then in order of creation. */
  readonly indexes: readonly Index[];
  /**
   * `doc` needs an `_id`, which is stored first. Throws InvalidIdField (53), BSONObjectTooLarge
   * (10334), DuplicateKey (11000) or CannotIndexParallelArrays (171), and then changes nothing.
   */
  insert(doc: Doc): void;
  /** `before` names the stored document by its `_id`; `after` has the same (else 66). Throws like `insert`. */
  replace(before: Doc, after: Doc): void;
  remove(doc: Doc): void;
  /** The document of that `_id` in constant time; like all documents given out, not to be changed. */
  byId(id: Value): Doc | undefined;
  /** The document of a record id, as the index entries and `recordIds` give it. */
  at(record: number): Doc | undefined;
  recordIds(backwards?: boolean): Generator<number>;
  /** All documents in insertion order, decoded one at a time; may be read on while the collection changes. */
  scan(): Iterable<Doc>;
  /**
   * `spec` is an element of createIndexes' `indexes`. Throws CannotCreateIndex (67),
   * IndexOptionsConflict (85), IndexKeySpecsConflict (86), DuplicateKey (11000).
   */
  createIndex(spec: Doc): { created: boolean };
  /** By name. Throws IndexNotFound (27), and InvalidOptions (72) for `_id_`. */
  dropIndex(name: string): void;
};

/** What may be changed about an index without making it anew. */
export type IndexChanges = { name: string; expireAfterSeconds?: number; hidden?: boolean };

/** The same collection, for the store. */
export type StoredCollection = Collection & {
  /** Its number in the journal. */
  readonly number: number;
  /** Replaces the options. */
  modify(options: CollectionOptions): void;
  /** Throws IndexNotFound (27). */
  modifyIndex(changes: IndexChanges): void;
  /** All documents as stored, for a snapshot. */
  contents(): Generator<Uint8Array>;
  /** All indexes but `_id_`, for a snapshot. */
  indexSpecs(): Doc[];
  /** Redoes an operation of the journal. Not to be used once an index has been looked at. */
  redo(kind: OperationKind, document: Buffer): void;
  /** Gives the memory back; the collection must not be used again. */
  forget(): void;
};
