import { checkDeadline, type EvaluationContext } from "./context.ts";
import { fail } from "./errors.ts";
import { compileFilter } from "./filter.ts";
import { isOperators } from "./filters/operators.ts";
import { accessBy, chooseIndex, hinted, type IndexAccess, type Wanted } from "./planning/access.ts";
import { coversAll } from "./planning/coverage.ts";
import { accessBetween, type Edges } from "./planning/edges.ts";
import { type Outline, type Source, stagesOf, statsOf } from "./planning/explain.ts";
import { predicatesOf } from "./planning/predicates.ts";
import { keepLeast } from "./planning/top.ts";
import { compileSort } from "./sort.ts";
import type { Collection } from "./storage/collection.ts";
import { type Doc, isDoc, toNumber, type Value } from "./values/codec.ts";
import { kindOf } from "./values/kinds.ts";

export type Query = Edges & {
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

/** How many documents are read between two looks at the clock. */
const DOCS_PER_LOOK = 64;

/**
 * A missing collection plans as an empty one. Throws BadValue (2) for a hint that names no index,
 * and what compiling the filter and the sort throws.
 */
export function plan(
  collection: Collection | undefined,
  query: Query,
  context: EvaluationContext,
): Plan {
  const { filter, skip = 0, limit = 0 } = query;
  const matches = compileFilter(filter, context);
  const natural = naturalOrder(query);
  const sort = query.sort && !("$natural" in query.sort) ? query.sort : {};
  const compare = Object.keys(sort).length > 0 ? compileSort(sort, context.collation) : undefined;
  const source: Source = collection
    ? chooseSource(collection, query, { natural, sort }, context)
    : { kind: "none" };
  const isSorted =
    compare === undefined ||
    source.kind === "id" ||
    (source.kind === "index" && source.branches.every(({ sorted }) => sorted));
  const examined = { docs: 0, keys: 0 };

  function* fetched(): Generator<Doc> {
    if (collection === undefined) return;
    for (const doc of candidates(collection, source, examined)) {
      examined.docs += 1;
      if (examined.docs % DOCS_PER_LOOK === 0) checkDeadline(context.deadline);
      if (matches(doc)) yield doc;
    }
  }

  function* several(): Generator<Doc> {
    const all =
      isSorted || !compare ? fetched() : keepLeast(fetched(), compare, limit && skip + limit);
    let seen = 0;
    for (const doc of all) {
      seen += 1;
      if (seen <= skip) continue;
      yield doc;
      if (limit > 0 && seen === skip + limit) return;
    }
  }

  /** One document or none: neither an order nor reading on matters. */
  function only(id: Value): Doc[] {
    const doc = collection?.byId(id);
    if (doc === undefined) return [];
    examined.docs += 1;
    examined.keys += 1;
    return matches(doc) && skip === 0 ? [doc] : [];
  }

  const run = (): Iterable<Doc> =>
    source.kind === "id"
      ? { [Symbol.iterator]: () => only(source.id)[Symbol.iterator]() }
      : several();

  return {
    run,
    position: (doc) => matches.match(doc).position,
    examined: () => ({ ...examined }),
    explain(verbosity) {
      const outline: Outline = { source, filter, skip, limit, ...(isSorted ? {} : { sort }) };
      const stages = stagesOf(outline);
      const queryPlanner: Doc = {
        namespace: collection?.namespace ?? "",
        parsedQuery: filter,
        winningPlan: stages,
        rejectedPlans: [],
      };
      if (verbosity === "queryPlanner") return { queryPlanner };
      const start = performance.now();
      const before = { ...examined };
      let returned = 0;
      for (const _ of run()) returned += 1;
      const executionStats = statsOf(stages, {
        returned,
        docs: examined.docs - before.docs,
        keys: examined.keys - before.keys,
        millis: performance.now() - start,
      });
      return { queryPlanner, executionStats };
    },
  };
}

type Order = { natural: 1 | -1 | undefined; sort: Doc };

function naturalOrder({ sort, hint }: Query): 1 | -1 | undefined {
  const given = sort?.$natural ?? (isDoc(hint) ? hint.$natural : undefined);
  if (given === undefined) return undefined;
  if (sort && "$natural" in sort && Object.keys(sort).length > 1) {
    fail("BadValue", "Cannot include '$natural' in compound sort");
  }
  const direction = toNumber(given, "$natural");
  if (direction !== 1 && direction !== -1) fail("BadValue", "$natural must be 1 or -1");
  return direction;
}

function chooseSource(
  collection: Collection,
  { filter, hint, min, max }: Query,
  { natural, sort }: Order,
  { collation }: EvaluationContext,
): Source {
  const id = soleId(filter);
  const byId: Source | undefined =
    id === undefined || (collation && mayHoldText(id)) ? undefined : { kind: "id", id };
  const isFree = hint === undefined && natural === undefined && !min && !max;
  if (byId && isFree) return byId;
  const wanted: Wanted = {
    predicates: predicatesOf(filter),
    sort: Object.entries(sort).map(([path, value]) => ({
      path,
      direction: toNumber(value) > 0 ? 1 : -1,
    })),
    collation,
  };
  if (natural !== undefined) return { kind: "scan", backwards: natural === -1 };
  const index = hint === undefined ? undefined : hinted(collection, hint);
  if (hint !== undefined && index === undefined) {
    fail(
      "BadValue",
      "error processing query: planner returned error :: caused by :: hint provided does not " +
        "correspond to an existing index",
    );
  }
  if (min || max) return { kind: "index", branches: [accessBetween(index, { min, max })] };
  if (index) {
    if (index.partial && !coversAll(index, wanted.predicates)) {
      fail(
        "NoQueryExecutionPlans",
        "error processing query: planner returned error :: caused by :: No query solutions: the " +
          "hinted index is partial and may lack documents that match",
      );
    }
    if (id === undefined || index.name !== "_id_") {
      return { kind: "index", branches: [accessBy(index, wanted)] };
    }
  }
  // Here only with the index on `_id` as a hint.
  if (byId) return byId;
  const access = chooseIndex(collection, wanted);
  if (access?.bounded) return { kind: "index", branches: [access] };
  const branches = orBranches(collection, filter, wanted);
  if (branches) return { kind: "index", branches };
  return access ? { kind: "index", branches: [access] } : { kind: "scan", backwards: false };
}

/** An index for each branch of a top-level `$or`, if all have one. */
function orBranches(
  collection: Collection,
  filter: Doc,
  wanted: Wanted,
): IndexAccess[] | undefined {
  if (!Array.isArray(filter.$or)) return undefined;
  const branches: IndexAccess[] = [];
  for (const branch of filter.$or) {
    const predicates = [...wanted.predicates, ...(isDoc(branch) ? predicatesOf(branch) : [])];
    const access = chooseIndex(collection, { ...wanted, predicates, sort: [] });
    if (!access?.bounded) return undefined;
    // The branches are read one after the other, which is no order.
    branches.push({ ...access, sorted: false });
  }
  return branches;
}

/** The `_id` a filter asks for by equality. */
function soleId(filter: Doc): Value | undefined {
  const condition = filter._id;
  const id = isOperators(condition) ? condition.$eq : condition;
  return Array.isArray(id) || kindOf(id) === "regex" ? undefined : id;
}

const mayHoldText = (value: Value): boolean => typeof value === "string" || isDoc(value);

function* candidates(
  collection: Collection,
  source: Source,
  examined: { keys: number },
): Generator<Doc> {
  if (source.kind === "scan") {
    for (const record of collection.recordIds(source.backwards)) {
      const doc = collection.at(record);
      if (doc) yield doc;
    }
  } else if (source.kind === "index") {
    const mayRepeat =
      source.branches.length > 1 ||
      source.branches.some(({ index }) => index.multikey.includes(true));
    const seen = new Set<number>();
    for (const { index, intervals, backwards } of source.branches) {
      for (const interval of backwards ? intervals.toReversed() : intervals) {
        for (const record of index.entries.range(interval, backwards)) {
          examined.keys += 1;
          if (mayRepeat && seen.has(record)) continue;
          if (mayRepeat) seen.add(record);
          const doc = collection.at(record);
          if (doc) yield doc;
        }
      }
    }
  }
}
