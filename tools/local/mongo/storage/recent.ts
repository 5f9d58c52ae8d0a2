import type { Doc } from "../values/codec.ts";

/** Bytes of BSON; decoded, they take some ten times as much. */
const budget = 2 << 20;

/**
 * Documents as they were lately read or written, decoded, by the address of the stored version: an
 * address means one version until it is released, so what is kept is never out of date. Nobody
 * changes a document that a collection gave out.
 */
export type Recent = {
  get(address: number): Doc | undefined;
  /** `bytes` is the document's length; the oldest make room for it. */
  keep(address: number, doc: Doc, bytes: number): void;
  /** The version is no more. */
  drop(address: number): void;
};

export function createRecent(): Recent {
  const kept = new Map<number, { doc: Doc; bytes: number }>();
  // Goes on where it stopped: a new one would pass by all that has gone since the map was last packed.
  let oldest = kept.keys();
  let held = 0;

  function drop(address: number): void {
    const entry = kept.get(address);
    if (entry === undefined) return;
    kept.delete(address);
    held -= entry.bytes;
  }

  return {
    get: (address) => kept.get(address)?.doc,
    keep(address, doc, bytes) {
      drop(address);
      if (bytes > budget >> 4) return;
      kept.set(address, { doc, bytes });
      held += bytes;
      while (held > budget) {
        const { value, done } = oldest.next();
        if (done) oldest = kept.keys();
        else drop(value);
      }
    },
    drop,
  };
}
