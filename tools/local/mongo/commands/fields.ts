/**
 * The fields of a command, declared once and checked as MongoDB's command parser does: unknown
 * ones, missing ones and wrong types are refused with its codes; null stands for absent.
 */
import { Long } from "bson";
import { fail } from "../errors.ts";
import { type Doc, isDoc, toNumber, type Value } from "../values/codec.ts";
import { isNumber, kindOf } from "../values/kinds.ts";

/** One field: undefined is given to `parse` when the field is absent or null. */
export type Field<T> = { parse: (value: Value | undefined, path: string) => T };
export type Fields = { [name: string]: Field<unknown> };
export type Arguments<F extends Fields> = {
  [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};

const NONE: ReadonlySet<string> = new Set();

/**
 * @param path what errors call the object, e.g. `find` or `update.updates`
 * @param others names of further fields that the object may hold, for others to read
 * @throws ServerError 40415, 40414 or TypeMismatch.
 */
export const parseFields = <F extends Fields>(
  path: string,
  fields: F,
  doc: Doc,
  others: ReadonlySet<string> | "any" = NONE,
): Arguments<F> => {
  for (const name in doc) {
    if (!Object.hasOwn(fields, name) && others !== "any" && !others.has(name)) {
      fail("IDLUnknownField", `BSON field '${path}.${name}' is an unknown field.`);
    }
  }
  const parsed: { [name: string]: unknown } = {};
  for (const name in fields) parsed[name] = fields[name]?.parse(doc[name], `${path}.${name}`);
  // Each field was parsed by its own declaration, which the type system can't follow name by name.
  return parsed as Arguments<F>;
};

const typed =
  <T extends Value>(expected: string, is: (value: Value) => value is T) =>
  (value: Value, path: string): T =>
    is(value) ? value : wrongType(path, value, expected);

const wrongType = (path: string, value: Value, ...expected: [string, ...string[]]): never =>
  fail(
    "TypeMismatch",
    expected.length === 1
      ? `BSON field '${path}' is the wrong type '${kindOf(value)}', expected type '${expected[0]}'`
      : `BSON field '${path}' is the wrong type '${kindOf(value)}', expected types '[${expected.join(", ")}]'`,
  );

type Parse<T> = (value: Value, path: string) => T;

/** The field may be absent. */
export const optional = <T>(parse: Parse<T>): Field<T | undefined> => ({
  parse: (value, path) => (value == null ? undefined : parse(value, path)),
});

export const withDefault = <T>(parse: Parse<T>, absent: T): Field<T> => ({
  parse: (value, path) => (value == null ? absent : parse(value, path)),
});

export const required = <T>(parse: Parse<T>): Field<T> => ({
  parse: (value, path) =>
    value == null
      ? fail("IDLFailedToParse", `BSON field '${path}' is missing but a required field`)
      : parse(value, path),
});

/** A field that MongoDB has and this server can't honour: refused unless absent or `false`. */
export const refused: Field<undefined> = {
  parse: (value, path) =>
    value == null || value === false
      ? undefined
      : fail("NotImplemented", `'${path}' is not supported by the embedded database`),
};

/** A field with no effect here, of any type. */
export const ignored: Field<undefined> = { parse: () => undefined };

export const text = typed("string", (value) => typeof value === "string");
export const object = typed("object", isDoc);
export const array: Parse<Value[]> = typed("array", (value) => Array.isArray(value));
export const any: Parse<Value> = (value) => value;

export const bool: Parse<boolean> = (value, path) => {
  if (typeof value === "boolean") return value;
  return isNumber(value)
    ? toNumber(value) !== 0
    : wrongType(path, value, "bool", "long", "int", "decimal", "double");
};

export const number: Parse<number> = (value, path) =>
  isNumber(value) ? toNumber(value) : wrongType(path, value, "long", "int", "decimal", "double");

/** A whole number of `min` or more; fractions are cut off. */
export const wholeFrom =
  (min: number): Parse<number> =>
  (value, path) => {
    const whole = Math.trunc(number(value, path));
    return whole >= min
      ? whole
      : fail(
          "BadValue",
          `BSON field '${path.slice(path.lastIndexOf(".") + 1)}' value must be >= ${min}, actual value '${whole}'`,
        );
  };

export const long: Parse<Long> = (value, path) =>
  value instanceof Long ? value : Long.fromNumber(number(value, path));

/** An array whose items are documents. */
export const objects: Parse<Doc[]> = (value, path) =>
  array(value, path).map((item, index) => object(item, `${path}.${index}`));
