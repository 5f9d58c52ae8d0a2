import { Int32, Long, ObjectId, Timestamp } from "bson";
import { fail } from "../errors.ts";
import {
  addMonths,
  day,
  dayOfYear,
  isoDayOfWeek,
  isoWeek,
  isoWeekStart,
  isUnit,
  type Unit,
  unitLengths,
  unitMonths,
  week,
} from "../values/calendar.ts";
import type { Doc, Value } from "../values/codec.ts";
import { isDoc } from "../values/codec.ts";
import { isNullish, isNumber, isTrue, kindOf } from "../values/kinds.ts";
import { toDouble } from "../values/numbers.ts";
import { describe } from "../values/text.ts";
import { utc, utcTime, type Zone, zoneOf } from "../values/zones.ts";
import {
  byName,
  folded,
  type Named,
  named,
  type Operator,
  type Operators,
  type Result,
  special,
} from "./operator.ts";

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

const part = (read: (local: Date) => number): Operator =>
  special((argument, scope, compile, name) => {
    const bare = !isDoc(argument) || Object.keys(argument)[0]?.startsWith("$");
    const given: Value =
      Array.isArray(argument) && argument.length === 1 ? (argument[0] ?? null) : argument;
    const args = byName(
      name,
      bare ? { date: given } : argument,
      ["date"],
      ["timezone"],
      scope,
      compile,
    );
    return folded(
      args.map(([, node]) => node),
      (doc) => {
        const values: Record<string, Result> = {};
        for (const [key, node] of args) values[key] = node.run(doc);
        const zone = zoneArgument(values);
        if (isNullish(values.date) || !zone) return null;
        return new Int32(read(localTime(momentOf(values.date, 16006), zone)));
      },
    );
  });

/** Date parts and date arithmetic; where a zone is given, days and longer units are the zone's own. */
export const dateOperators: Operators = {
  $year: part((local) => local.getUTCFullYear()),
  $month: part((local) => local.getUTCMonth() + 1),
  $dayOfMonth: part((local) => local.getUTCDate()),
  $hour: part((local) => local.getUTCHours()),
  $minute: part((local) => local.getUTCMinutes()),
  $second: part((local) => local.getUTCSeconds()),
  $millisecond: part((local) => local.getUTCMilliseconds()),
  $dayOfYear: part(dayOfYear),
  $dayOfWeek: part((local) => local.getUTCDay() + 1),
  $isoDayOfWeek: part(isoDayOfWeek),
  $week: part(week),
  $isoWeek: part((local) => isoWeek(local).week),
  $isoWeekYear: part((local) => isoWeek(local).year),
  $dateToParts: named(["date"], ["timezone", "iso8601"], dateToParts),
  $dateFromParts: named([], [...partNames(), "timezone"], dateFromParts),
  $dateAdd: named(["startDate", "unit", "amount"], ["timezone"], (args) =>
    shift("$dateAdd", args, 1),
  ),
  $dateSubtract: named(["startDate", "unit", "amount"], ["timezone"], (args) =>
    shift("$dateSubtract", args, -1),
  ),
  $dateDiff: named(["startDate", "endDate", "unit"], ["timezone", "startOfWeek"], dateDiff),
  $dateTrunc: named(["date", "unit"], ["binSize", "timezone", "startOfWeek"], dateTrunc),
};

function partNames(): string[] {
  return [
    "year",
    "isoWeekYear",
    "month",
    "isoWeek",
    "day",
    "isoDayOfWeek",
    "hour",
    "minute",
    "second",
    "millisecond",
  ];
}

function dateToParts(args: Named): Result {
  const zone = zoneArgument(args);
  if (isNullish(args.date) || !zone) return null;
  const local = localTime(momentOf(args.date, 16006), zone);
  const iso = isoWeek(local);
  const parts: Record<string, number> = isTrue(args.iso8601)
    ? { isoWeekYear: iso.year, isoWeek: iso.week, isoDayOfWeek: isoDayOfWeek(local) }
    : { year: local.getUTCFullYear(), month: local.getUTCMonth() + 1, day: local.getUTCDate() };
  parts.hour = local.getUTCHours();
  parts.minute = local.getUTCMinutes();
  parts.second = local.getUTCSeconds();
  parts.millisecond = local.getUTCMilliseconds();
  return Object.fromEntries(
    Object.entries(parts).map(([name, value]): [string, Value] => [name, new Int32(value)]),
  ) satisfies Doc;
}

function dateFromParts(args: Named): Result {
  const zone = zoneArgument(args);
  if (!zone || partNames().some((name) => name in args && isNullish(args[name]))) return null;
  const number = (name: string, otherwise: number): number => {
    if (!(name in args)) return otherwise;
    const value = args[name];
    const given = isNumber(value) ? toDouble(value) : Number.NaN;
    return Number.isInteger(given)
      ? given
      : fail(
          40515,
          `'${name}' must evaluate to an integer, found ${kindOf(value)} with value ${describe(value)}`,
        );
  };
  const time =
    number("hour", 0) * 3_600_000 +
    number("minute", 0) * 60_000 +
    number("second", 0) * 1000 +
    number("millisecond", 0);
  if ("isoWeekYear" in args) {
    const start = isoWeekStart(number("isoWeekYear", 1970), number("isoWeek", 1));
    return new Date(zone.toUtc(start + (number("isoDayOfWeek", 1) - 1) * day + time));
  }
  if (!("year" in args))
    fail(40516, "$dateFromParts requires either 'year' or 'isoWeekYear' to be present");
  const year = number("year", 1970);
  if (year < 1 || year > 9999)
    fail(40523, `'year' must evaluate to an integer in the range 1 to 9999, found ${year}`);
  return new Date(zone.toUtc(utcTime(year, number("month", 1) - 1, number("day", 1)) + time));
}

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
