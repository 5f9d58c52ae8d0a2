import { fail } from "../errors.ts";
import {
  day,
  dayOfYear,
  isoDayOfWeek,
  isoWeek,
  isoWeekStart,
  monthNames,
  week,
} from "../values/calendar.ts";
import { isNullish, kindOf } from "../values/kinds.ts";
import { utc, utcTime, type Zone, zoneOf } from "../values/zones.ts";
import { localTime, momentOf, zoneArgument } from "./date-arguments.ts";
import { type Named, named, type Operators, type Result } from "./operator.ts";

/** Dates to strings and back. */
export const dateTextOperators: Operators = {
  $dateToString: named(["date"], ["format", "timezone", "onNull"], dateToString),
  $dateFromString: named(
    ["dateString"],
    ["format", "timezone", "onError", "onNull"],
    dateFromString,
  ),
};

const pad = (value: number, width: number): string => String(value).padStart(width, "0");

const writers: Record<string, (local: Date, offset: number) => string> = {
  Y: (local) => pad(local.getUTCFullYear(), 4),
  m: (local) => pad(local.getUTCMonth() + 1, 2),
  d: (local) => pad(local.getUTCDate(), 2),
  H: (local) => pad(local.getUTCHours(), 2),
  M: (local) => pad(local.getUTCMinutes(), 2),
  S: (local) => pad(local.getUTCSeconds(), 2),
  L: (local) => pad(local.getUTCMilliseconds(), 3),
  j: (local) => pad(dayOfYear(local), 3),
  w: (local) => String(local.getUTCDay() + 1),
  u: (local) => String(isoDayOfWeek(local)),
  U: (local) => pad(week(local), 2),
  V: (local) => pad(isoWeek(local).week, 2),
  G: (local) => pad(isoWeek(local).year, 4),
  b: (local) => (monthNames[local.getUTCMonth()] ?? "").slice(0, 3),
  B: (local) => monthNames[local.getUTCMonth()] ?? "",
  z: (_, offset) => {
    const minutes = Math.abs(offset) / 60_000;
    return `${offset < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60), 2)}${pad(minutes % 60, 2)}`;
  },
  Z: (_, offset) => String(offset / 60_000),
  "%": () => "%",
};

function dateToString(args: Named): Result {
  const zone = zoneArgument(args);
  if (args.format === null || !zone) return null;
  if (isNullish(args.date)) return args.onNull ?? null;
  const otherwise = zone === utc ? "%Y-%m-%dT%H:%M:%S.%LZ" : "%Y-%m-%dT%H:%M:%S.%L";
  const format = args.format ?? otherwise;
  if (typeof format !== "string")
    return fail(
      18533,
      `$dateToString requires that 'format' be a string, found: ${kindOf(format)}`,
    );
  const moment = momentOf(args.date, 16006);
  return formatDate(localTime(moment, zone), zone.offsetAt(moment), format);
}

function formatDate(local: Date, offset: number, format: string): string {
  return format.replace(/%([\s\S]?)/g, (_, letter: string) => {
    const write = Object.hasOwn(writers, letter) ? writers[letter] : undefined;
    if (letter === "") fail(18535, "Unmatched '%' at end of format string");
    return write
      ? write(local, offset)
      : fail(18536, `Invalid format character '%${letter}' in format string`);
  });
}

const readers: Record<string, string> = {
  Y: "(?<Y>\\d{4})",
  m: "(?<m>\\d{1,2})",
  d: "(?<d>\\d{1,2})",
  H: "(?<H>\\d{1,2})",
  M: "(?<M>\\d{1,2})",
  S: "(?<S>\\d{1,2})",
  L: "(?<L>\\d{1,3})",
  j: "(?<j>\\d{1,3})",
  G: "(?<G>\\d{4})",
  V: "(?<V>\\d{1,2})",
  u: "(?<u>[1-7])",
  b: "(?<b>[A-Za-z]{3})",
  B: "(?<B>[A-Za-z]+)",
  z: "(?<z>Z|[+-]\\d{2}:?\\d{2}|[A-Za-z]+/[A-Za-z_]+)",
  Z: "(?<Z>[+-]?\\d+)",
  "%": "%",
};

const iso =
  /^\s*(?<Y>\d{4})-(?<m>\d{2})(?:-(?<d>\d{2}))?(?:[T ](?<H>\d{1,2}):(?<M>\d{2})(?::(?<S>\d{2})(?:[.,](?<L>\d{1,9}))?)?)?\s*(?<z>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?\s*$/i;

function dateFromString(args: Named): Result {
  const zone = zoneArgument(args);
  if (isNullish(args.dateString)) return args.onNull ?? null;
  if (args.format === null || !zone) return null;
  if ("onError" in args) {
    try {
      return parseDate(args, zone);
    } catch {
      return args.onError;
    }
  }
  return parseDate(args, zone);
}

function parseDate({ dateString, format, timezone }: Named, zone: Zone): Result {
  if (typeof dateString !== "string") {
    return fail(
      "ConversionFailure",
      `$dateFromString requires that 'dateString' be a string, found: ${kindOf(dateString)}`,
    );
  }
  if (format !== undefined && typeof format !== "string") {
    return fail(
      40684,
      `$dateFromString requires that 'format' be a string, found: ${kindOf(format)}`,
    );
  }
  const parts = (format === undefined ? iso : readerFor(format)).exec(dateString)?.groups;
  if (!parts) return fail("ConversionFailure", `Error parsing date string '${dateString}'`);
  if (parts.z !== undefined && timezone !== undefined) {
    fail(
      "ConversionFailure",
      `you cannot pass in a date/time string with time zone information ('${parts.z}') together with a timezone argument`,
    );
  }
  return new Date(momentOfParts(parts, zone, dateString));
}

/** The moment of an ISO 8601 string without a format: UTC unless the string says otherwise. */
export function parseIsoDate(text: string): Date {
  const parts = iso.exec(text)?.groups;
  return parts
    ? new Date(momentOfParts(parts, utc, text))
    : fail("ConversionFailure", `Error parsing date string '${text}'`);
}

function readerFor(format: string): RegExp {
  const source = format.replace(
    /%([\s\S]?)|[\\^$.*+?()[\]{}|/]/g,
    (part, letter: string | undefined) => {
      if (letter === undefined) return `\\${part}`;
      return (
        readers[letter] ?? fail(18536, `Invalid format character '%${letter}' in format string`)
      );
    },
  );
  return new RegExp(`^${source}$`, "i");
}

function momentOfParts(parts: Partial<Record<string, string>>, zone: Zone, text: string): number {
  const number = (name: string, otherwise: number, least: number, most: number): number => {
    const value = parts[name] === undefined ? otherwise : Number(parts[name]);
    if (value < least || value > most)
      fail("ConversionFailure", `Error parsing date string '${text}'`);
    return value;
  };
  const time =
    number("H", 0, 0, 24) * 3_600_000 +
    number("M", 0, 0, 59) * 60_000 +
    number("S", 0, 0, 60) * 1000 +
    Math.floor(Number(`0.${parts.L ?? "0"}`) * 1000 + 1e-6);
  const date = dateOfParts(parts, number, text);
  if (parts.Z !== undefined) return date + time - Number(parts.Z) * 60_000;
  const named = parts.z?.toUpperCase();
  return (named === undefined ? zone : zoneOf(named.includes("/") ? (parts.z ?? "") : named)).toUtc(
    date + time,
  );
}

function dateOfParts(
  parts: Partial<Record<string, string>>,
  number: (name: string, otherwise: number, least: number, most: number) => number,
  text: string,
): number {
  if (parts.G !== undefined) {
    return isoWeekStart(Number(parts.G), number("V", 1, 1, 53)) + (number("u", 1, 1, 7) - 1) * day;
  }
  const year = number("Y", 1970, 0, 9999);
  if (parts.j !== undefined) return utcTime(year, 0, number("j", 1, 1, 366));
  const name = (parts.b ?? parts.B)?.toLowerCase();
  const named =
    name === undefined ? -1 : monthNames.findIndex((month) => month.toLowerCase().startsWith(name));
  if (name !== undefined && named < 0)
    fail("ConversionFailure", `Error parsing date string '${text}'`);
  const month = name === undefined ? number("m", 1, 1, 12) - 1 : named;
  const result = utcTime(year, month, number("d", 1, 1, 31));
  if (new Date(result).getUTCMonth() !== month)
    fail("ConversionFailure", `Error parsing date string '${text}'`);
  return result;
}
