import { Binary } from "bson";
import { type Doc, decode, encode } from "../values/codec.ts";
import type { CollectionOptions, StoredCollection } from "./collection.ts";
import { type Operation, readOperations } from "./operation.ts";

/** The operation that makes a collection, with its indexes but without documents. */
export function creation(collection: StoredCollection): Operation {
  const { namespace, number, uuid, options } = collection;
  const description: Doc = {
    ns: namespace,
    uuid: new Binary(uuid, Binary.SUBTYPE_UUID),
    options,
    specs: collection.indexSpecs(),
  };
  return { kind: "create", collection: number, document: encode(description) };
}

type Make = (
  namespace: string,
  number: number,
  uuid: Uint8Array,
  options: CollectionOptions,
) => StoredCollection;

/** Redoes journal records on `collections`, which `make` fills. Throws RangeError for one that makes no sense. */
export function createRedo(
  collections: Map<string, StoredCollection>,
  make: Make,
): (record: Buffer) => void {
  const byNumber = new Map<number, StoredCollection>();

  function begin(number: number, document: Buffer): void {
    const { ns, uuid, options } = decode(Buffer.from(document));
    if (typeof ns !== "string" || !(uuid instanceof Binary) || byNumber.has(number)) {
      throw new RangeError(`collection ${number} can't begin here`);
    }
    const collection = make(ns, number, uuid.value(), options as CollectionOptions);
    collection.redo("indexes", document);
    collections.set(ns, collection);
    byNumber.set(number, collection);
  }

  return (record) => {
    for (const { kind, collection: number, document } of readOperations(record)) {
      if (kind === "create") {
        begin(number, document);
        continue;
      }
      const collection = byNumber.get(number);
      if (collection === undefined) throw new RangeError(`there is no collection ${number}`);
      if (kind === "drop") {
        collection.forget();
        byNumber.delete(number);
        collections.delete(collection.namespace);
      } else {
        collection.redo(kind, document);
      }
    }
  };
}
