import { Double, Int32 } from "bson";
import type { Index } from "../storage/index.ts";
import type { Doc, Value } from "../values/codec.ts";
import type { IndexAccess } from "./access.ts";

/** Where a plan gets its documents. */
export type Source =
  | { kind: "none" }
  | { kind: "scan"; backwards: boolean }
  | { kind: "id"; id: Value }
  | { kind: "index"; branches: IndexAccess[] };

/** A plan as explain tells it, from the source outwards. */
export type Outline = {
  source: Source;
  filter: Doc;
  /** Present if documents are sorted in memory. */
  sort?: Doc;
  skip: number;
  limit: number;
};

/** The tree of stages, the outermost first. */
export function stagesOf({ source, filter, sort, skip, limit }: Outline): Doc {
  let stage = sourceStage(source, filter);
  if (sort) {
    const kept: Doc = limit > 0 ? { limitAmount: new Int32(skip + limit) } : {};
    stage = { stage: "SORT", sortPattern: sort, ...kept, type: "simple", inputStage: stage };
  }
  if (skip > 0) stage = { stage: "SKIP", skipAmount: new Int32(skip), inputStage: stage };
  if (limit > 0 && !sort)
    stage = { stage: "LIMIT", limitAmount: new Int32(limit), inputStage: stage };
  return stage;
}

function sourceStage(source: Source, filter: Doc): Doc {
  switch (source.kind) {
    case "none":
      return { stage: "EOF" };
    case "scan":
      return { stage: "COLLSCAN", filter, direction: source.backwards ? "backward" : "forward" };
    case "id": {
      if (Object.keys(filter).length === 1) return { stage: "IDHACK", filter };
      return { stage: "FETCH", filter, inputStage: { stage: "IDHACK" } };
    }
    case "index": {
      const scans = source.branches.map(indexStage);
      const [only] = scans;
      const inputStage: Doc =
        only && scans.length === 1 ? only : { stage: "OR", inputStages: scans };
      return { stage: "FETCH", filter, inputStage };
    }
  }
}

function indexStage({ index, backwards, intervals }: IndexAccess): Doc {
  return {
    stage: "IXSCAN",
    keyPattern: index.spec.key ?? {},
    indexName: index.name,
    isMultiKey: index.multikey.includes(true),
    multiKeyPaths: multikeyPaths(index),
    isUnique: index.unique,
    isSparse: index.sparse,
    isPartial: index.partial !== undefined,
    indexVersion: new Int32(2),
    direction: backwards ? "backward" : "forward",
    intervals: new Int32(intervals.length),
  };
}

const multikeyPaths = (index: Index): Doc =>
  Object.fromEntries(index.fields.map(({ path }, i) => [path, index.multikey[i] ? [path] : []]));

/** What a run of the plan took. */
export const statsOf = (
  stages: Doc,
  run: { returned: number; docs: number; keys: number; millis: number },
): Doc => ({
  executionSuccess: true,
  nReturned: new Int32(run.returned),
  executionTimeMillis: new Int32(Math.round(run.millis)),
  totalKeysExamined: new Int32(run.keys),
  totalDocsExamined: new Int32(run.docs),
  executionStages: {
    ...stages,
    nReturned: new Int32(run.returned),
    executionTimeMillisEstimate: new Double(run.millis),
  },
});
