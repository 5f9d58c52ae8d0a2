import type { Doc, Value } from "../values/codec.ts";
import type { Index } from "./index.ts";

/** What `create` was given and listCollections shows. */
export type CollectionOptions = {
  validator?: Doc;
  validationLevel?: string;
  validationAction?: string;
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
  /** `doc` needs an `_id`. Throws DuplicateKey (11000) and then changes nothing. */
  insert(doc: Doc): void;
  /** `before` names the stored document by its `_id`; `after` has the same. Throws DuplicateKey (11000). */
  replace(before: Doc, after: Doc): void;
  remove(doc: Doc): void;
  /** The document of that `_id` in constant time, decoded afresh. */
  byId(id: Value): Doc | undefined;
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
