import { Int32, Long, Timestamp } from "bson";
import type { EvaluationContext } from "../context.ts";
import { fail } from "../errors.ts";
import { isDoc, type Value } from "../values/codec.ts";
import { compare, identical } from "../values/compare.ts";
import { isNumber, kindOf, type Num } from "../values/kinds.ts";
import { add, fromBigInt, multiply, toBigInt } from "../values/numbers.ts";
import { describe } from "../values/text.ts";
import type { Modifier, Place } from "./tree.ts";

/** The modifiers of single fields. What makes no difference returns the very value it was given. */
export type MakeModifier = (argument: Value, context: EvaluationContext) => Modifier;

const creating = (
  apply: (value: Value | undefined, place: Place) => Value | undefined,
): Modifier => ({
  apply,
  creates: true,
});

const keepIdentical = (before: Value | undefined, after: Value): Value =>
  before !== undefined && identical(before, after) ? before : after;

export const set: MakeModifier = (argument) => creating((value) => keepIdentical(value, argument));

export const setOnInsert: MakeModifier = (argument) => ({
  apply: (value, { inserting }) => (inserting ? keepIdentical(value, argument) : value),
  creates: false,
});

export const unset: MakeModifier = () => ({ apply: () => undefined, creates: false });

export const increment: MakeModifier = (argument) =>
  arithmetic("$inc", "increment", argument, add, argument);

export const multiplyBy: MakeModifier = (argument) =>
  arithmetic("$mul", "multiply", argument, multiply, zeroLike(argument));

/** `$mul` of a missing field is zero, of the operand's type. */
function zeroLike(argument: Value): Value {
  return isNumber(argument) ? (multiply(argument, new Int32(0)) ?? argument) : argument;
}

function arithmetic(
  name: string,
  verb: string,
  argument: Value,
  operate: (a: Num, b: Num) => Num | undefined,
  initial: Value,
): Modifier {
  if (!isNumber(argument)) {
    return fail(
      "TypeMismatch",
      `Cannot ${verb} with non-numeric argument: {${name}: ${describe(argument)}}`,
    );
  }
  return creating((value, { path }) => {
    if (value === undefined) return initial;
    if (!isNumber(value)) {
      const field = path.split(".").at(-1);
      return fail(
        "TypeMismatch",
        `Cannot apply ${name} to a value of non-numeric type. The field '${field}' has non-numeric type ${kindOf(value)}`,
      );
    }
    const result = operate(value, argument);
    if (result === undefined) {
      return fail(
        "BadValue",
        `Failed to apply ${name} operations to current value (${value}) at ${path}`,
      );
    }
    return keepIdentical(value, result);
  });
}

export const minimum: MakeModifier = (argument, { collation }) =>
  creating((value) =>
    value === undefined || compare(argument, value, collation) < 0 ? argument : value,
  );

export const maximum: MakeModifier = (argument, { collation }) =>
  creating((value) =>
    value === undefined || compare(argument, value, collation) > 0 ? argument : value,
  );

export const currentDate: MakeModifier = (argument, { now }) => {
  const type = isDoc(argument)
    ? argument.$type
    : argument === false || argument === true
      ? "date"
      : undefined;
  if (type !== "date" && type !== "timestamp") {
    return fail(
      "BadValue",
      "The '$type' string field is required to be 'date' or 'timestamp': {$currentDate: {field : {$type: 'date'}}}",
    );
  }
  const value =
    type === "date" ? now : new Timestamp({ t: Math.floor(now.getTime() / 1000), i: 1 });
  return creating(() => value);
};

const bitwise = {
  and: (a: bigint, b: bigint) => a & b,
  or: (a: bigint, b: bigint) => a | b,
  xor: (a: bigint, b: bigint) => a ^ b,
} as const;

export const bit: MakeModifier = (argument) => {
  const entries = isDoc(argument) ? Object.entries(argument) : [];
  if (entries.length === 0) {
    fail("BadValue", "You must pass in at least one bitwise operation to $bit");
  }
  const steps = entries.map(([name, operand]) => {
    if (name !== "and" && name !== "or" && name !== "xor") {
      return fail(
        "BadValue",
        `The $bit modifier only supports 'and', 'or', and 'xor', not '${name}'`,
      );
    }
    if (!(operand instanceof Int32 || operand instanceof Long)) {
      return fail("BadValue", "The $bit modifier field must be an Integer(32/64 bit)");
    }
    return { operate: bitwise[name], operand };
  });
  return creating((value, { path }) => {
    let result: Int32 | Long = new Int32(0);
    if (value instanceof Int32 || value instanceof Long) result = value;
    else if (value !== undefined) {
      fail(
        "BadValue",
        `Cannot apply $bit to a value of non-integral type at ${path}: ${kindOf(value)}`,
      );
    }
    for (const { operate, operand } of steps) {
      const width: "int" | "long" =
        result instanceof Long || operand instanceof Long ? "long" : "int";
      result = fromBigInt(operate(toBigInt(result), toBigInt(operand)), width) ?? result;
    }
    return keepIdentical(value, result);
  });
};
