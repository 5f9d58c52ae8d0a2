import type { Doc } from "../values/codec.ts";

/** One index of a collection. */
export type Index = {
  readonly name: string;
  /** The specification as listIndexes shows it: `{ v, key, name, … }`. */
  readonly spec: Doc;
};
