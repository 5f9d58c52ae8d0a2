import { fail } from "../errors.ts";

/** A time zone: its distance from UTC in milliseconds, at a moment of UTC or of its own wall clock. */
export type Zone = {
  offsetAt(utc: number): number;
  /** The moment at which the zone's clock shows `local`; of two, the earlier. */
  toUtc(local: number): number;
};

const fixed = (offset: number): Zone => ({
  offsetAt: () => offset,
  toUtc: (local) => local - offset,
});

export const utc = fixed(0);
const zones = new Map<string, Zone>();

/** Reads an Olson name (`Europe/Berlin`) or an offset (`+05:30`, `+0530`, `+05`). Throws Location40485. */
export function zoneOf(name: string): Zone {
  let zone = zones.get(name);
  if (!zone) {
    zone = parse(name);
    zones.set(name, zone);
  }
  return zone;
}

function parse(name: string): Zone {
  if (name === "UTC" || name === "GMT" || name === "Z") return utc;
  const offset = /^([+-])(\d\d):?(\d\d)?$/.exec(name);
  if (offset) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3] ?? 0);
    return fixed(minutes * 60_000 * (offset[1] === "-" ? -1 : 1));
  }
  try {
    return olson(name);
  } catch {
    return fail(40485, `unrecognized time zone identifier: "${name}"`);
  }
}

function olson(timeZone: string): Zone {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    era: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const offsetAt = (moment: number): number => {
    const parts: Record<string, string> = {};
    for (const { type, value } of format.formatToParts(moment)) parts[type] = value;
    const number = (part: string) => Number(parts[part]);
    const year = parts.era === "BC" ? 1 - number("year") : number("year");
    const wall = utcTime(
      year,
      number("month") - 1,
      number("day"),
      number("hour"),
      number("minute"),
      number("second"),
    );
    return wall - Math.floor(moment / 1000) * 1000;
  };
  const toUtc = (local: number): number => {
    const guess = local - offsetAt(local - 86_400_000);
    return local - offsetAt(guess) === guess ? guess : local - offsetAt(local - offsetAt(local));
  };
  return { offsetAt, toUtc };
}

/** Date.UTC without its rule that years 0 to 99 are of the twentieth century. */
export function utcTime(
  year: number,
  month: number,
  day: number,
  hour = 0,
  minute = 0,
  second = 0,
  millisecond = 0,
): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  date.setUTCHours(hour, minute, second, millisecond);
  return date.getTime();
}
