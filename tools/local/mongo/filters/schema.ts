import { Int32 } from "bson";
import { fail } from "../errors.ts";
import type { Doc, Value } from "../values/codec.ts";
import { type Check, listOf, type MakeRule, none, schemaOf } from "./schema-arguments.ts";
import { objectRules } from "./schema-objects.ts";
import { valueRules } from "./schema-values.ts";

/**
 * Compiles MongoDB's `$jsonSchema`, a subset of JSON Schema draft 4 with `bsonType`. Returns the rules
 * that a document does not satisfy, or undefined. `valid` is an earlier version of the document that
 * satisfies all of them: only what differs from it is checked. Throws FailedToParse for an unknown or unsupported
 * keyword and TypeMismatch for an argument of the wrong type.
 */
export function compileSchema(schema: Doc): (doc: Doc, valid?: Doc) => Doc[] | undefined {
  const check = compileCheck(schema);
  return (doc, valid) => {
    const broken = check(doc, valid);
    return broken.length > 0 ? [...broken] : undefined;
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
  return (value, valid) => {
    if (value === valid) return none;
    let broken = none;
    for (const check of checks) {
      const rules = check(value, valid);
      if (rules.length > 0) broken = [...broken, ...rules];
    }
    return broken;
  };
}

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
      if (enough(passing, checks.length)) return none;
      const details = results.flatMap((result, index) =>
        result.length > 0 ? [{ index: new Int32(index), details: [...result] }] : [],
      );
      return [{ operatorName: keyword, schemasNotSatisfied: details }];
    };
  };

const rules: { readonly [keyword: string]: MakeRule } = {
  ...objectRules,
  ...valueRules,
  items: (argument, schema, compile) => {
    const each = Array.isArray(argument)
      ? argument.map((item) => compile(schemaOf("items", item)))
      : compile(schemaOf("items", argument));
    const rest = Array.isArray(each) ? restOf(schema.additionalItems, compile) : undefined;
    const checkAt = (index: number) => (Array.isArray(each) ? (each[index] ?? rest) : each);
    return (value, valid) => {
      if (!Array.isArray(value)) return none;
      const known = Array.isArray(valid) ? valid : [];
      for (const [index, item] of value.entries()) {
        const details = checkAt(index)?.(item, known[index]) ?? none;
        if (details.length > 0) {
          return [
            {
              operatorName: "items",
              reason: "At least one item did not match the sub-schema",
              itemIndex: new Int32(index),
              details: [...details],
            },
          ];
        }
      }
      return none;
    };
  },
  additionalItems: (argument, _, compile) => {
    restOf(argument, compile);
    return () => none;
  },
  allOf: combined("allOf", (passing, all) => passing === all),
  anyOf: combined("anyOf", (passing) => passing > 0),
  oneOf: combined("oneOf", (passing) => passing === 1),
  not: (argument, _, compile) => {
    const check = compile(schemaOf("not", argument));
    return (value) =>
      check(value).length > 0
        ? none
        : [{ operatorName: "not", reason: "child expression matched" }];
  },
};

function restOf(argument: Value | undefined, compile: (schema: Doc) => Check): Check | undefined {
  if (argument === undefined || argument === true) return undefined;
  if (argument === false)
    return () => [{ operatorName: "additionalItems", reason: "found additional items" }];
  return compile(schemaOf("additionalItems", argument));
}
