import { Int32 } from "bson";
import { fail } from "../errors.ts";
import { type Doc, isDoc, type Value } from "../values/codec.ts";
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
  numberOf,
  schemaOf,
} from "./schema-arguments.ts";
import { objectRules } from "./schema-objects.ts";

/**
 * Compiles MongoDB's `$jsonSchema`, a subset of JSON Schema draft 4 with `bsonType`. Returns the rules
 * that a document does not satisfy, or undefined. Throws FailedToParse for an unknown or unsupported
 * keyword and TypeMismatch for an argument of the wrong type.
 */
export function compileSchema(schema: Doc): (doc: Doc) => Doc[] | undefined {
  const check = compileCheck(schema);
  return (doc) => {
    const broken = check(doc);
    return broken.length > 0 ? broken : undefined;
  };
}

const unsupported = new Set(["$ref", "$schema", "default", "definitions", "format", "id"]);

function compileCheck(schema: Doc): Check {
  const checks = Object.entries(schema).map(([keyword, argument]) => {
    const make = Object.hasOwn(rules, keyword) ? rules[keyword] : undefined;
    if (make) return make(argument, schema, compileCheck);
    if (unsupported.has(keyword)) {
      return fail("FailedToParse", `$jsonSchema keyword '${keyword}' is not currently supported`);
    }
    return fail("FailedToParse", `Unknown $jsonSchema keyword: ${keyword}`);
  });
  return (value) => checks.flatMap((check) => check(value));
}

/** A rule on one value; what it does not apply to passes. */
const rule =
  (keyword: string, argument: Value, reason: string, passes: (value: Value) => boolean): Check =>
  (value) =>
    passes(value)
      ? []
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
    return () => [];
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
    ? () => []
    : fail("TypeMismatch", "$jsonSchema annotations must be strings");

const combined =
  (
    keyword: "allOf" | "anyOf" | "oneOf",
    enough: (passing: number, all: number) => boolean,
  ): MakeRule =>
  (argument, _, compile) => {
    const checks = listOf(keyword, argument).map((schema) => compile(schemaOf(keyword, schema)));
    return (value) => {
      const results = checks.map((check) => check(value));
      const passing = results.filter((result) => result.length === 0).length;
      if (enough(passing, checks.length)) return [];
      const details = results.flatMap((result, index) =>
        result.length > 0 ? [{ index: new Int32(index), details: result }] : [],
      );
      return [{ operatorName: keyword, schemasNotSatisfied: details }];
    };
  };

const rules: { readonly [keyword: string]: MakeRule } = {
  ...objectRules,
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
  items: (argument, schema, compile) => {
    const each = Array.isArray(argument)
      ? argument.map((item) => compile(schemaOf("items", item)))
      : compile(schemaOf("items", argument));
    const rest = Array.isArray(each) ? restOf(schema.additionalItems, compile) : undefined;
    const checkAt = (index: number) => (Array.isArray(each) ? (each[index] ?? rest) : each);
    return (value) => {
      if (!Array.isArray(value)) return [];
      for (const [index, item] of value.entries()) {
        const details = checkAt(index)?.(item) ?? [];
        if (details.length > 0) {
          return [
            {
              operatorName: "items",
              reason: "At least one item did not match the sub-schema",
              itemIndex: new Int32(index),
              details,
            },
          ];
        }
      }
      return [];
    };
  },
  additionalItems: (argument, _, compile) => {
    restOf(argument, compile);
    return () => [];
  },
  allOf: combined("allOf", (passing, all) => passing === all),
  anyOf: combined("anyOf", (passing) => passing > 0),
  oneOf: combined("oneOf", (passing) => passing === 1),
  not: (argument, _, compile) => {
    const check = compile(schemaOf("not", argument));
    return (value) =>
      check(value).length > 0 ? [] : [{ operatorName: "not", reason: "child expression matched" }];
  },
};

function restOf(argument: Value | undefined, compile: (schema: Doc) => Check): Check | undefined {
  if (argument === undefined || argument === true) return undefined;
  if (argument === false)
    return () => [{ operatorName: "additionalItems", reason: "found additional items" }];
  return compile(schemaOf("additionalItems", argument));
}
