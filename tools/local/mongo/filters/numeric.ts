import { Binary, Double, Long } from "bson";
import { fail } from "../errors.ts";
import type { Value } from "../values/codec.ts";
import { isNumber } from "../values/kinds.ts";
import { toDouble } from "../values/numbers.ts";
import type { Test } from "../values/paths.ts";

/** `$mod: [divisor, remainder]`, fractions cut off. Throws BadValue as MongoDB does. */
export function remainderIs(argument: Value): Test {
  if (!Array.isArray(argument)) return fail("BadValue", "malformed mod, needs to be an array");
  if (argument.length < 2) fail("BadValue", "malformed mod, not enough elements");
  if (argument.length > 2) fail("BadValue", "malformed mod, too many elements");
  const divisor = whole(argument[0], "malformed mod, divisor not a number");
  const remainder = whole(argument[1], "malformed mod, remainder not a number");
  if (divisor === undefined || remainder === undefined) {
    return fail("BadValue", "malformed mod, divisor and remainder must fit 64 bits");
  }
  if (divisor === 0n) fail("BadValue", "divisor cannot be 0");
  return (value) => {
    if (!isNumber(value)) return false;
    const number = integral(value);
    return number !== undefined && number % divisor === remainder;
  };
}

type BitTest = "$bitsAllSet" | "$bitsAnySet" | "$bitsAllClear" | "$bitsAnyClear";

/** The four bit tests, on numbers without a fraction and on binary data. */
export function bitsAre(name: BitTest, argument: Value): Test {
  const positions = bitPositions(name, argument);
  const every = name === "$bitsAllSet" || name === "$bitsAllClear";
  const wanted = name === "$bitsAllSet" || name === "$bitsAnySet";
  return (value) => {
    const isSet = bitsOf(value);
    if (!isSet) return false;
    return every
      ? positions.every((position) => isSet(position) === wanted)
      : positions.some((position) => isSet(position) === wanted);
  };
}

function bitPositions(name: string, argument: Value): number[] {
  if (Array.isArray(argument)) {
    return argument.map((item) => {
      const position = isNumber(item) ? toDouble(item) : Number.NaN;
      if (!Number.isInteger(position) || position < 0) {
        fail("BadValue", "bit positions must be an integer >= 0");
      }
      return position;
    });
  }
  if (isNumber(argument) && (toDouble(argument) < 0 || !Number.isInteger(toDouble(argument)))) {
    fail("FailedToParse", `Expected a non-negative whole number in: ${name}`);
  }
  const isSet = bitsOf(argument);
  if (!isSet) {
    return fail(
      "BadValue",
      `${name} takes an Array, a number, or a BinData but received: ${String(argument)}`,
    );
  }
  const size = argument instanceof Binary ? argument.length() * 8 : 64;
  return Array.from({ length: size }, (_, position) => position).filter(isSet);
}

function bitsOf(value: Value | undefined): ((position: number) => boolean) | undefined {
  if (value instanceof Binary) {
    const bytes = value.value();
    return (position) => (((bytes[position >> 3] ?? 0) >> (position & 7)) & 1) === 1;
  }
  if (!isNumber(value) || !Number.isInteger(toDouble(value))) return undefined;
  const number = integral(value);
  if (number === undefined) return undefined;
  // Positions past the 64th see the sign bit.
  return (position) => ((number >> BigInt(Math.min(position, 63))) & 1n) === 1n;
}

const whole = (value: Value | undefined, message: string): bigint | undefined =>
  isNumber(value) ? integral(value) : fail("BadValue", message);

function integral(value: Value): bigint | undefined {
  if (value instanceof Long) return value.toBigInt();
  const number = isNumber(value) ? Math.trunc(toDouble(value)) : Number.NaN;
  return Math.abs(number) < 2 ** 63 ? BigInt(number) : undefined;
}

/** A `$size` argument. */
export function arraySize(argument: Value): number {
  if (!isNumber(argument)) {
    return fail(
      "BadValue",
      `Failed to parse $size. Expected a number in: $size: ${String(argument)}`,
    );
  }
  const size = toDouble(argument);
  if (!Number.isInteger(size)) {
    fail("BadValue", `Failed to parse $size. Expected an integer: $size: ${new Double(size)}`);
  }
  if (size < 0) fail("BadValue", "Failed to parse $size. Expected a non-negative number");
  return size;
}
