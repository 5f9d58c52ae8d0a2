import { Int32 } from "bson";
import { fail } from "../errors.ts";
import { day, dayOfYear, isoDayOfWeek, isoWeek, isoWeekStart, week } from "../values/calendar.ts";
import { isDoc, type Value } from "../values/codec.ts";
import { isNullish, isNumber, isTrue, kindOf } from "../values/kinds.ts";
import { toDouble } from "../values/numbers.ts";
import { describe } from "../values/text.ts";
import { utcTime } from "../values/zones.ts";
import { localTime, momentOf, zoneArgument } from "./date-arguments.ts";
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

/** The parts of a date, in a zone if one is given, and dates from parts. */
export const datePartOperators: Operators = {
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
  );
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
