import { fail } from "../errors.ts";
import type { Doc, Value } from "../values/codec.ts";
import { compare } from "../values/compare.ts";
import { keyOf } from "../values/key.ts";
import { isNumber, kindOf, kindsNamed } from "../values/kinds.ts";
import { toDouble } from "../values/numbers.ts";
import { compileRegex } from "../values/regex.ts";
import {
  broken,
  type Check,
  countOf,
  listOf,
  type MakeRule,
  none,
  numberOf,
} from "./schema-arguments.ts";

/** A rule on one value; what it does not apply to passes. */
const rule =
  (keyword: string, argument: Value, reason: string, passes: (value: Value) => boolean): Check =>
  (value) =>
    passes(value)
      ? none
      : broken(keyword, argument, {
          reason,
          consideredValue: value,
          consideredType: kindOf(value),
        });

const jsonTypes: Record<string, Value[]> = {
  object: ["object"],
  array: ["array"],
  boolean: ["bool"],
  null: ["null"],
  string: ["string"],
  number: ["number"],
};

function typeRule(keyword: "type" | "bsonType", argument: Value): Check {
  const names = Array.isArray(argument) ? argument : [argument];
  const kinds = new Set(
    names.flatMap((name) => {
      if (typeof name !== "string") {
        return fail(
          "TypeMismatch",
          `$jsonSchema keyword '${keyword}' must be either a string or an array of strings`,
        );
      }
      if (keyword === "bsonType") return kindsNamed(name);
      const known = Object.hasOwn(jsonTypes, name) ? jsonTypes[name] : undefined;
      return (known ?? fail("BadValue", `Unknown type name alias: ${name}`)).flatMap(kindsNamed);
    }),
  );
  return rule(keyword, argument, "type did not match", (value) => {
    const kind = kindOf(value);
    return kind !== "missing" && kinds.has(kind);
  });
}

function bound(keyword: "minimum" | "maximum", argument: Value, schema: Doc): Check {
  numberOf(keyword, argument);
  const exclusive =
    schema[keyword === "minimum" ? "exclusiveMinimum" : "exclusiveMaximum"] === true;
  const direction = keyword === "minimum" ? 1 : -1;
  return rule(keyword, argument, "comparison failed", (value) => {
    if (!isNumber(value)) return true;
    const order = compare(value, argument) * direction;
    return exclusive ? order > 0 : order >= 0;
  });
}

/** Draft 4: a boolean beside `minimum` or `maximum`. */
const exclusive =
  (keyword: string, beside: string): MakeRule =>
  (argument, schema) => {
    if (typeof argument !== "boolean") {
      fail("TypeMismatch", `$jsonSchema keyword '${keyword}' must be a boolean`);
    }
    if (!(beside in schema)) {
      fail(
        "FailedToParse",
        `$jsonSchema keyword '${beside}' must be a present if ${keyword} is present`,
      );
    }
    return () => none;
  };

const length =
  (
    keyword: string,
    reason: string,
    sizeOf: (value: Value) => number | undefined,
    least: boolean,
  ): MakeRule =>
  (argument) => {
    const limit = countOf(keyword, argument);
    return rule(keyword, argument, reason, (value) => {
      const size = sizeOf(value);
      return size === undefined || (least ? size >= limit : size <= limit);
    });
  };

const textLength = (value: Value) => (typeof value === "string" ? [...value].length : undefined);
const arrayLength = (value: Value) => (Array.isArray(value) ? value.length : undefined);
const wrongText = "specified string length was not satisfied";
const wrongArray = "array did not match specified length";

const isUnique = (items: Value[]): boolean =>
  new Set(items.map((item) => keyOf(item))).size === items.length;

const annotation: MakeRule = (argument) =>
  typeof argument === "string"
    ? () => none
    : fail("TypeMismatch", "$jsonSchema annotations must be strings");

/** The keywords of `$jsonSchema` that speak of one value alone. */
export const valueRules: { readonly [keyword: string]: MakeRule } = {
  title: annotation,
  description: annotation,
  type: (argument) => typeRule("type", argument),
  bsonType: (argument) => typeRule("bsonType", argument),
  enum: (argument) => {
    const keys = new Set(listOf("enum", argument).map((value) => keyOf(value)));
    return rule("enum", argument, "value was not found in enum", (value) => keys.has(keyOf(value)));
  },
  minimum: (argument, schema) => bound("minimum", argument, schema),
  maximum: (argument, schema) => bound("maximum", argument, schema),
  exclusiveMinimum: exclusive("exclusiveMinimum", "minimum"),
  exclusiveMaximum: exclusive("exclusiveMaximum", "maximum"),
  multipleOf: (argument) => {
    const divisor = numberOf("multipleOf", argument);
    if (divisor <= 0)
      fail("FailedToParse", "$jsonSchema keyword 'multipleOf' must have a positive value");
    return rule(
      "multipleOf",
      argument,
      "considered value is not a multiple of the specified value",
      (value) => !isNumber(value) || toDouble(value) % divisor === 0,
    );
  },
  minLength: length("minLength", wrongText, textLength, true),
  maxLength: length("maxLength", wrongText, textLength, false),
  pattern: (argument) => {
    if (typeof argument !== "string")
      return fail("TypeMismatch", "$jsonSchema keyword 'pattern' must be a string");
    const regex = compileRegex(argument);
    return rule(
      "pattern",
      argument,
      "regular expression did not match",
      (value) => typeof value !== "string" || regex.test(value),
    );
  },
  minItems: length("minItems", wrongArray, arrayLength, true),
  maxItems: length("maxItems", wrongArray, arrayLength, false),
  uniqueItems: (argument) => {
    if (typeof argument !== "boolean")
      fail("TypeMismatch", "$jsonSchema keyword 'uniqueItems' must be a boolean");
    return rule(
      "uniqueItems",
      argument,
      "found a duplicate item",
      (value) => !argument || !Array.isArray(value) || isUnique(value),
    );
  },
};
