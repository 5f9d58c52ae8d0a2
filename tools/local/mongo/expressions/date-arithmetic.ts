import { Long } from "bson";
import { fail } from "../errors.ts";
import { addMonths, day, isUnit, type Unit, unitLengths, unitMonths } from "../values/calendar.ts";
import { isNullish, isNumber, kindOf } from "../values/kinds.ts";
import { toDouble } from "../values/numbers.ts";
import { describe } from "../values/text.ts";
import type { Zone } from "../values/zones.ts";
import { localTime, momentOf, zoneArgument } from "./date-arguments.ts";
import { type Named, named, type Operators, type Result } from "./operator.ts";

/** Date arithmetic; where a zone is given, days and longer units are the zone's own. */
export const dateArithmeticOperators: Operators = {
  $dateAdd: named(["startDate", "unit", "amount"], ["timezone"], (args) =>
    shift("$dateAdd", args, 1),
  ),
  $dateSubtract: named(["startDate", "unit", "amount"], ["timezone"], (args) =>
    shift("$dateSubtract", args, -1),
  ),
  $dateDiff: named(["startDate", "endDate", "unit"], ["timezone", "startOfWeek"], dateDiff),
  $dateTrunc: named(["date", "unit"], ["binSize", "timezone", "startOfWeek"], dateTrunc),
};

function unitOf(name: string, unit: Result): Unit {
  if (typeof unit !== "string")
    return fail(5166013, `${name} requires 'unit' to be a string, but got ${kindOf(unit)}`);
  return isUnit(unit)
    ? unit
    : fail(
        "FailedToParse",
        `${name} parameter 'unit' value cannot be recognized as a time unit: ${unit}`,
      );
}

const isMonths = (unit: Unit): unit is keyof typeof unitMonths => Object.hasOwn(unitMonths, unit);

function shift(name: string, args: Named, sign: 1 | -1): Result {
  const zone = zoneArgument(args);
  const { startDate, unit: unitName, amount } = args;
  if (isNullish(startDate) || isNullish(unitName) || isNullish(amount) || !zone) return null;
  const unit = unitOf(name, unitName);
  const moment = momentOf(startDate, 5166403);
  const count = isNumber(amount) ? toDouble(amount) : Number.NaN;
  if (!Number.isInteger(count)) fail(5166405, `${name} expects integer amount of time units`);
  return new Date(shiftedBy(moment, unit, count * sign, zone));
}

function shiftedBy(moment: number, unit: Unit, count: number, zone: Zone): number {
  if (isMonths(unit)) {
    return zone.toUtc(addMonths(localTime(moment, zone), count * unitMonths[unit]).getTime());
  }
  const distance = count * unitLengths[unit];
  // Days keep the time on the clock where summer time begins or ends; hours don't.
  const byClock = unit === "day" || unit === "week";
  return byClock ? zone.toUtc(localTime(moment, zone).getTime() + distance) : moment + distance;
}

const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

function firstWeekday(name: string, value: Result): number {
  if (value === undefined) return 0;
  if (typeof value !== "string")
    return fail(5439015, `${name} requires 'startOfWeek' to be a string, but got ${kindOf(value)}`);
  const given = value.toLowerCase();
  const index = weekdays.findIndex((weekday) => given === weekday || given === weekday.slice(0, 3));
  return index >= 0
    ? index
    : fail(
        "FailedToParse",
        `${name} parameter 'startOfWeek' value cannot be recognized as a day of a week: ${value}`,
      );
}

const monthsOf = (local: Date): number => local.getUTCFullYear() * 12 + local.getUTCMonth();

/** Days since 1970-01-04, a Sunday, moved so that weeks begin on the given weekday. */
const weeksOf = (local: Date, first: number): number =>
  Math.floor((Math.floor(local.getTime() / day) - 3 - first) / 7);

function dateDiff(args: Named): Result {
  const zone = zoneArgument(args);
  const { startDate, endDate, unit: unitName } = args;
  if (isNullish(startDate) || isNullish(endDate) || isNullish(unitName) || !zone) return null;
  const unit = unitOf("$dateDiff", unitName);
  const [start, end] = [momentOf(startDate, 5166307), momentOf(endDate, 5166307)];
  const first = unit === "week" ? firstWeekday("$dateDiff", args.startOfWeek) : 0;
  const count = (moment: number): number => {
    const local = localTime(moment, zone);
    if (isMonths(unit)) return Math.floor(monthsOf(local) / unitMonths[unit]);
    if (unit === "week") return weeksOf(local, first);
    return Math.floor((unit === "day" ? local.getTime() : moment) / unitLengths[unit]);
  };
  return Long.fromNumber(count(end) - count(start));
}

/** Bins are counted from here, on the zone's own clock. */
const reference = new Date(Date.UTC(2000, 0, 1));

function dateTrunc(args: Named): Result {
  const zone = zoneArgument(args);
  const { date, unit: unitName, binSize } = args;
  if (isNullish(date) || isNullish(unitName) || binSize === null || !zone) return null;
  const unit = unitOf("$dateTrunc", unitName);
  const size = binSize === undefined ? 1 : isNumber(binSize) ? toDouble(binSize) : Number.NaN;
  if (!Number.isInteger(size))
    fail(
      5439017,
      `$dateTrunc requires 'binSize' to be a 64-bit integer, but got value '${describe(binSize)}'`,
    );
  if (size <= 0)
    fail(5439018, `$dateTrunc requires 'binSize' to be greater than 0, but got value ${size}`);
  const moment = momentOf(date, 5439012);
  const local = localTime(moment, zone);
  if (isMonths(unit)) {
    const bin = size * unitMonths[unit];
    const months = monthsOf(local) - monthsOf(reference);
    return new Date(zone.toUtc(addMonths(reference, Math.floor(months / bin) * bin).getTime()));
  }
  const bin = size * unitLengths[unit];
  if (unit === "day" || unit === "week") {
    // 2000-01-01 was a Saturday; weeks are counted from the first start of one on or after it.
    const first = unit === "week" ? (firstWeekday("$dateTrunc", args.startOfWeek) + 1) % 7 : 0;
    const start = reference.getTime() + first * day;
    return new Date(zone.toUtc(start + Math.floor((local.getTime() - start) / bin) * bin));
  }
  const start = zone.toUtc(reference.getTime());
  return new Date(start + Math.floor((moment - start) / bin) * bin);
}
