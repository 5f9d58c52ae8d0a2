import { type Doc, decode } from "../values/codec.ts";
import type { Arena } from "./arena.ts";
import type { Recent } from "./recent.ts";
import { createRecords } from "./records.ts";

/** The stored documents of a collection: by record id, and by the key of their `_id`. */
export type Documents = {
  readonly count: number;
  /** Bytes of BSON. */
  readonly size: number;
  /** The record under the key of an `_id`. */
  find(idKey: string): number | undefined;
  has(record: number): boolean;
  bytes(record: number): Buffer;
  read(record: number): Doc;
  /** Reads a document that is likely to be asked for or replaced soon. */
  readOften(record: number): Doc;
  /** Whether `doc` is what was read from the record as it stands. */
  isCurrent(record: number, doc: Doc): boolean;
  records(backwards?: boolean): Generator<number>;
  idKeys(): Iterable<[idKey: string, record: number]>;
  /** Here and below, `decoded` is what reading `document` would give. */
  add(idKey: string, document: Uint8Array, decoded?: Doc): number;
  /** Both return what they replace or remove, to be given to `restore` or `release`. */
  replace(record: number, document: Uint8Array, decoded?: Doc): Block;
  remove(idKey: string, record: number): Block;
  /** Puts a former version back in the place of the present one, if there is one. */
  restore(idKey: string, record: number, block: Block): void;
  release(block: Block): void;
};

/** A stored version of a document. */
type Block = { address: number };

/** `recent` is of the whole arena. */
export function createDocuments(arena: Arena, recent: Recent): Documents {
  const records = createRecords();
  const ids = new Map<string, number>();
  let size = 0;

  /** Puts an address (0: none) under a record and returns the one that was there. */
  function place(record: number, address: number): Block {
    const old = records.at(record);
    if (old !== 0) size -= arena.length(old);
    if (address !== 0) size += arena.length(address);
    records.set(record, address);
    return { address: old };
  }

  function store(document: Uint8Array, decoded: Doc | undefined): number {
    const address = arena.store(document);
    if (decoded) recent.keep(address, decoded, document.length);
    return address;
  }

  const bytes = (record: number): Buffer => arena.read(records.at(record));
  const release = ({ address }: Block): void => {
    if (address === 0) return;
    recent.drop(address);
    arena.release(address);
  };
  // A copy, because decoded binary values are views and the block may be used again.
  const read = (record: number): Doc =>
    recent.get(records.at(record)) ?? decode(Buffer.from(bytes(record)));
  const isCurrent = (record: number, doc: Doc): boolean => recent.get(records.at(record)) === doc;

  return {
    get count() {
      return ids.size;
    },
    get size() {
      return size;
    },
    find: (idKey) => ids.get(idKey),
    has: (record) => records.at(record) !== 0,
    bytes,
    read,
    readOften(record) {
      const doc = read(record);
      if (!isCurrent(record, doc)) recent.keep(records.at(record), doc, bytes(record).length);
      return doc;
    },
    isCurrent,
    records: records.ids,
    idKeys: () => ids,
    add(idKey, document, decoded) {
      const record = records.add(0);
      place(record, store(document, decoded));
      ids.set(idKey, record);
      return record;
    },
    replace(record, document, decoded) {
      return place(record, store(document, decoded));
    },
    remove(idKey, record) {
      ids.delete(idKey);
      return place(record, 0);
    },
    restore(idKey, record, { address }) {
      ids.set(idKey, record);
      release(place(record, address));
    },
    release,
  };
}
