import { fail } from "../errors.ts";
import { isOperators } from "../filters/operators.ts";
import { type Doc, isDoc, type Value } from "../values/codec.ts";
import { type Collation, parseCollation } from "../values/collation.ts";
import { equal } from "../values/compare.ts";
import { isNumber, isTrue } from "../values/kinds.ts";
import { integer, toDouble } from "../values/numbers.ts";

/** An index as it was asked for. */
export type IndexSpec = {
  name: string;
  fields: { path: string; direction: 1 | -1 }[];
  unique: boolean;
  sparse: boolean;
  hidden: boolean;
  /** Only documents that match are in the index. */
  partial?: Doc;
  expireAfterSeconds?: number;
  collation?: Collation;
  /** As listIndexes shows it. */
  spec: Doc;
};

/** Known options; those with `false` are taken from old clients and not kept. */
const known = new Map<string, boolean>([
  ["v", true],
  ["key", true],
  ["name", true],
  ["unique", true],
  ["sparse", true],
  ["hidden", true],
  ["partialFilterExpression", true],
  ["expireAfterSeconds", true],
  ["collation", true],
  ["background", false],
  ["ns", false],
]);

/** The specification of every collection's own index. */
export const idIndexSpec: Doc = { v: integer(2), key: { _id: integer(1) }, name: "_id_" };

/**
 * Reads one element of createIndexes' `indexes`; a missing name is made from the key. Throws
 * FailedToParse (9), CannotCreateIndex (67), TypeMismatch (14) or InvalidIndexSpecificationOption (197).
 */
export function parseIndexSpec(given: Doc): IndexSpec {
  const { key } = given;
  if (!isDoc(key))
    fail("FailedToParse", "The 'key' field is a required property of an index specification");
  const fields = Object.entries(key).map(([path, value]) => parseField(path, value));
  if (fields.length === 0) fail("CannotCreateIndex", "Index keys cannot be an empty object");
  for (const option of Object.keys(given)) {
    if (!known.has(option)) {
      fail(
        "InvalidIndexSpecificationOption",
        `The field '${option}' is not valid for an index specification`,
      );
    }
  }
  const name = given.name ?? fields.map((f) => `${f.path}_${f.direction}`).join("_");
  if (typeof name !== "string") fail("TypeMismatch", "The field 'name' must be a string");
  if (name === "") fail("CannotCreateIndex", "The index name cannot be empty");

  const spec: Doc = { v: integer(2), key, name };
  for (const [option, value] of Object.entries(given)) {
    if (known.get(option) && !(option in spec)) spec[option] = value;
  }
  return { name, fields, ...parseOptions(given, fields.length), spec };
}

function parseField(path: string, value: Value): IndexSpec["fields"][number] {
  if (typeof value === "string") {
    fail(
      "CannotCreateIndex",
      `Index type '${value}' is not supported, only ascending and descending`,
    );
  }
  if (!isNumber(value) || !(Math.abs(toDouble(value)) > 0)) {
    fail(
      "CannotCreateIndex",
      `Values in the index key pattern must be numbers other than 0: ${path}`,
    );
  }
  if (path === "" || path.split(".").includes("")) {
    fail("CannotCreateIndex", `Index keys cannot contain an empty field: '${path}'`);
  }
  if (path.split(".").some((name) => name.startsWith("$"))) {
    fail(
      "CannotCreateIndex",
      `Index key contains an illegal field name: field name starts with '$': '${path}'`,
    );
  }
  return { path, direction: toDouble(value) > 0 ? 1 : -1 };
}

function parseOptions(
  given: Doc,
  fields: number,
): Pick<
  IndexSpec,
  "unique" | "sparse" | "hidden" | "partial" | "expireAfterSeconds" | "collation"
> {
  const { partialFilterExpression: partial, expireAfterSeconds: seconds, collation } = given;
  const flag = (name: string): boolean => {
    const value = given[name];
    if (value !== undefined && typeof value !== "boolean" && !isNumber(value)) {
      fail("TypeMismatch", `The field '${name}' must be a boolean`);
    }
    return isTrue(value);
  };
  if (partial !== undefined && !isDoc(partial)) {
    fail("TypeMismatch", "The field 'partialFilterExpression' must be an object");
  }
  if (collation !== undefined && !isDoc(collation)) {
    fail("TypeMismatch", "The field 'collation' must be an object");
  }
  if (partial !== undefined && flag("sparse")) {
    fail("CannotCreateIndex", 'cannot mix "partialFilterExpression" and "sparse" options');
  }
  if (partial !== undefined) refuseUnsupported(partial);
  const parsed = parseCollation(collation);
  return {
    unique: flag("unique"),
    sparse: flag("sparse"),
    hidden: flag("hidden"),
    ...(partial === undefined ? {} : { partial }),
    ...(parsed === undefined ? {} : { collation: parsed }),
    ...(seconds === undefined ? {} : { expireAfterSeconds: parseSeconds(seconds, fields) }),
  };
}

const partialOperators = ["$eq", "$gt", "$gte", "$lt", "$lte", "$in", "$type", "$exists"];

/** Only what says something of single values, so that a query can be seen to ask for less. */
function refuseUnsupported(filter: Doc): void {
  for (const [name, condition] of Object.entries(filter)) {
    if ((name === "$and" || name === "$or") && Array.isArray(condition)) {
      for (const part of condition) if (isDoc(part)) refuseUnsupported(part);
      continue;
    }
    const operators = isOperators(condition) ? Object.entries(condition) : [];
    const bad = name.startsWith("$")
      ? name
      : operators.find(
          ([op, v]) => !partialOperators.includes(op) || (op === "$exists" && !isTrue(v)),
        )?.[0];
    if (bad) fail("CannotCreateIndex", `unsupported expression in partial index: ${bad}`);
  }
}

function parseSeconds(seconds: Value, fields: number): number {
  if (!isNumber(seconds))
    fail("TypeMismatch", "TTL index 'expireAfterSeconds' option must be numeric");
  if (fields !== 1) {
    fail(
      "CannotCreateIndex",
      "TTL indexes are single-field indexes, compound indexes do not support TTL",
    );
  }
  const value = toDouble(seconds);
  if (!(value >= 0 && value <= 0x7fffffff)) {
    fail(
      "CannotCreateIndex",
      `TTL index 'expireAfterSeconds' option must be within an acceptable range: ${value}`,
    );
  }
  return value;
}

/** Options that may differ between two indexes on the same key. */
const coverage = ["partialFilterExpression", "collation"];
const others = ["unique", "sparse", "expireAfterSeconds"];

/** Whether two indexes do the same work; names apart. */
export const isSameIndex = (a: IndexSpec, b: IndexSpec): boolean =>
  equalKeys(a, b) && equalCoverage(a, b) && equalOptions(others, a, b);

export const equalKeys = (a: IndexSpec, b: IndexSpec): boolean =>
  a.fields.length === b.fields.length &&
  a.fields.every((f, i) => f.path === b.fields[i]?.path && f.direction === b.fields[i]?.direction);

/** Whether both hold the same documents in the same order. Two indexes on one key must not. */
export const equalCoverage = (a: IndexSpec, b: IndexSpec): boolean => equalOptions(coverage, a, b);

/** An option that is off is the same as none. */
const equalOptions = (options: readonly string[], a: IndexSpec, b: IndexSpec): boolean =>
  options.every((option) =>
    equal(
      a.spec[option] === false ? undefined : a.spec[option],
      b.spec[option] === false ? undefined : b.spec[option],
    ),
  );
