import type { EvaluationContext } from "./context.ts";
import type { Collection } from "./storage/collection.ts";
import type { Doc } from "./values/codec.ts";

export type Query = {
  filter: Doc;
  sort?: Doc;
  /** An index by name or key pattern, or `{ $natural: 1 | -1 }`. */
  hint?: Doc | string;
  skip?: number;
  /** 0 means no limit. */
  limit?: number;
};

export type Verbosity = "queryPlanner" | "executionStats" | "allPlansExecution";

/** How one query is answered. */
export type Plan = {
  /** The documents: filtered, sorted, skipped, limited; decoded lazily, and safe to read on between writes. */
  run(): Iterable<Doc>;
  /** The array position that the filter matched in `doc`, for the positional `$`. */
  position(doc: Doc): number | undefined;
  /** explain's reply from `queryPlanner` on (also `executionStats` unless verbosity is `queryPlanner`). */
  explain(verbosity: Verbosity): Doc;
  /** What `run` has looked at so far. */
  examined(): { docs: number; keys: number };
};

/** A missing collection plans as an empty one. Throws BadValue (2) for a hint that names no index. */
export declare function plan(
  collection: Collection | undefined,
  query: Query,
  context: EvaluationContext,
): Plan;
