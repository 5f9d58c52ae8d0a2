import { fail } from "../errors.ts";
import { type Doc, getField, isDoc, type Value } from "../values/codec.ts";
import { kindOf } from "../values/kinds.ts";
import { compileRegex } from "../values/regex.ts";
import {
  broken,
  type Check,
  countOf,
  listOf,
  type MakeRule,
  none,
  schemaOf,
} from "./schema-arguments.ts";

/** A rule on documents; other values pass. */
const onDoc =
  (check: (doc: Doc, valid: Doc | undefined) => readonly Doc[]): Check =>
  (value, valid) =>
    isDoc(value) ? check(value, isDoc(valid) ? valid : undefined) : none;

function names(keyword: string, argument: Value): string[] {
  return listOf(keyword, argument).map((name) =>
    typeof name === "string"
      ? name
      : fail(
          "TypeMismatch",
          `$jsonSchema keyword '${keyword}' must be an array of strings, found ${kindOf(name)}`,
        ),
  );
}

const annotated = (schema: Value | undefined): Doc => {
  const { title, description } = isDoc(schema) ? schema : {};
  return {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
  };
};

/** The keywords of `$jsonSchema` that speak of a document's fields. */
export const objectRules: { readonly [keyword: string]: MakeRule } = {
  required: (argument) => {
    const required = names("required", argument);
    return onDoc((doc) => {
      if (required.every((name) => getField(doc, name) !== undefined)) return none;
      const missing = required.filter((name) => getField(doc, name) === undefined);
      return broken("required", argument, { missingProperties: missing });
    });
  },
  properties: (argument, _, compile) => {
    const schemas = Object.entries(schemaOf("properties", argument)).map(([name, schema]) => ({
      name,
      schema,
      check: compile(schemaOf("properties", schema)),
    }));
    return onDoc((doc, valid) => {
      const wrong: Doc[] = [];
      for (const { name, schema, check } of schemas) {
        const value = getField(doc, name);
        if (value === undefined) continue;
        const details = check(value, valid && getField(valid, name));
        if (details.length > 0) {
          wrong.push({ propertyName: name, ...annotated(schema), details: [...details] });
        }
      }
      return wrong.length > 0
        ? [{ operatorName: "properties", propertiesNotSatisfied: wrong }]
        : none;
    });
  },
  patternProperties: (argument, _, compile) => {
    const schemas = patterns(argument).map(({ regex, schema }) => ({
      regex,
      check: compile(schemaOf("patternProperties", schema)),
    }));
    return onDoc((doc) => {
      const wrong = Object.entries(doc).flatMap(([name, value]) =>
        schemas.flatMap(({ regex, check }) => {
          const details = regex.test(name) ? check(value) : none;
          return details.length > 0
            ? [{ propertyName: name, regexMatched: regex.source, details: [...details] }]
            : [];
        }),
      );
      return wrong.length > 0 ? [{ operatorName: "patternProperties", details: wrong }] : [];
    });
  },
  additionalProperties: (argument, schema, compile) => {
    const known = new Set(Object.keys(isDoc(schema.properties) ? schema.properties : {}));
    const allowed = patterns(schema.patternProperties ?? {});
    const isKnown = (name: string) =>
      known.has(name) || allowed.some(({ regex }) => regex.test(name));
    if (typeof argument === "boolean") {
      return onDoc((doc) => {
        const names = argument ? [] : Object.keys(doc);
        if (names.every(isKnown)) return none;
        const additional = names.filter((name) => !isKnown(name));
        return broken("additionalProperties", argument, { additionalProperties: additional });
      });
    }
    const check = compile(schemaOf("additionalProperties", argument));
    return onDoc((doc) => {
      for (const [name, value] of Object.entries(doc)) {
        const details = isKnown(name) ? none : check(value);
        if (details.length > 0) {
          return [
            {
              operatorName: "additionalProperties",
              reason: "at least one additional property did not match the subschema",
              failingProperty: name,
              details: [...details],
            },
          ];
        }
      }
      return [];
    });
  },
  minProperties: (argument) => {
    const least = countOf("minProperties", argument);
    return size("minProperties", argument, (count) => count >= least);
  },
  maxProperties: (argument) => {
    const most = countOf("maxProperties", argument);
    return size("maxProperties", argument, (count) => count <= most);
  },
  dependencies: (argument, _, compile) => {
    const all = Object.entries(schemaOf("dependencies", argument)).map(([name, needs]) => ({
      name,
      check: Array.isArray(needs)
        ? requires(names("dependencies", needs))
        : compile(schemaOf("dependencies", needs)),
    }));
    return onDoc((doc) => {
      const failing = all.flatMap(({ name, check }) => {
        const details = getField(doc, name) === undefined ? none : check(doc);
        return details.length > 0 ? [{ conditionalProperty: name, details: [...details] }] : [];
      });
      return failing.length > 0
        ? [{ operatorName: "dependencies", failingDependencies: failing }]
        : [];
    });
  },
};

const size = (keyword: string, argument: Value, passes: (count: number) => boolean): Check =>
  onDoc((doc) =>
    passes(Object.keys(doc).length)
      ? []
      : broken(keyword, argument, { reason: "specified number of properties was not satisfied" }),
  );

const requires = (needed: string[]): Check =>
  onDoc((doc) => {
    const missing = needed.filter((name) => getField(doc, name) === undefined);
    return missing.length > 0 ? [{ missingProperties: missing }] : [];
  });

const patterns = (argument: Value): { regex: RegExp; schema: Value }[] =>
  Object.entries(schemaOf("patternProperties", argument)).map(([pattern, schema]) => ({
    regex: compileRegex(pattern),
    schema,
  }));
