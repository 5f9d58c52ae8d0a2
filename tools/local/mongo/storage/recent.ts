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
  let held = 0;

  function drop(address: number): void {
    const entry = kept.get(address);
    if (entry === undefined) return;
    kept.delete(address);
    held -= entry.bytes;
  }

  /** For many: the way to the oldest passes by whatever has gone since the map was last packed. */
  function makeRoom(): void {
    for (const oldest of kept.keys()) {
      drop(oldest);
      if (held <= budget - (budget >> 4)) break;
    }
  }

  return {
    get: (address) => kept.get(address)?.doc,
    keep(address, doc, bytes) {
      drop(address);
      if (bytes > budget >> 4) return;
      kept.set(address, { doc, bytes });
      held += bytes;
      if (held > budget) makeRoom();
    },
    drop,
  };
}
