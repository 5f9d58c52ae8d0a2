import { ObjectId, Timestamp } from "bson";
import { fail } from "../errors.ts";
import { isNullish, kindOf } from "../values/kinds.ts";
import { utc, type Zone, zoneOf } from "../values/zones.ts";
import type { Named, Result } from "./operator.ts";

/** The moment a value means in milliseconds: dates, timestamps and the time inside an ObjectId. */
export function momentOf(value: Result, code: number): number {
  if (value instanceof Date) return value.getTime();
  if (value instanceof Timestamp) return value.getHighBitsUnsigned() * 1000;
  if (value instanceof ObjectId) return value.getTimestamp().getTime();
  return fail(code, `can't convert from BSON type ${kindOf(value)} to Date`);
}

/** The zone of a `timezone` argument; undefined if it is null. */
export function zoneArgument(args: Named): Zone | undefined {
  if (!("timezone" in args)) return utc;
  const { timezone } = args;
  if (isNullish(timezone)) return undefined;
  return typeof timezone === "string"
    ? zoneOf(timezone)
    : fail(40533, `timezone must evaluate to a string, found ${kindOf(timezone)}`);
}

export const localTime = (moment: number, zone: Zone): Date =>
  new Date(moment + zone.offsetAt(moment));
