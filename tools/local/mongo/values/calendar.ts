import { utcTime } from "./zones.ts";

/** Calendar arithmetic on wall-clock times: dates whose UTC fields are the local ones. */
export const day = 86_400_000;

const startOfYear = (year: number): number => utcTime(year, 0, 1);

export const dayOfYear = (local: Date): number =>
  Math.floor((local.getTime() - startOfYear(local.getUTCFullYear())) / day) + 1;

/** 1 for Monday to 7 for Sunday. */
export const isoDayOfWeek = (local: Date): number => local.getUTCDay() || 7;

/** Week of the year from 0 to 53; weeks begin on Sundays. */
export const week = (local: Date): number =>
  Math.floor((dayOfYear(local) + 6 - local.getUTCDay()) / 7);

/** ISO 8601 year and week: week 1 is the one with the year's first Thursday. */
export function isoWeek(local: Date): { year: number; week: number } {
  const thursday = new Date(local.getTime() + (4 - isoDayOfWeek(local)) * day);
  return { year: thursday.getUTCFullYear(), week: Math.ceil(dayOfYear(thursday) / 7) };
}

/** The Monday of an ISO week. */
export const isoWeekStart = (year: number, number: number): number => {
  const fourth = new Date(utcTime(year, 0, 4));
  return fourth.getTime() - (isoDayOfWeek(fourth) - 1) * day + (number - 1) * 7 * day;
};

/** Adds months; a day that the month does not have becomes its last. */
export function addMonths(local: Date, months: number): Date {
  const year = local.getUTCFullYear();
  const month = local.getUTCMonth() + months;
  const last = new Date(utcTime(year, month + 1, 0)).getUTCDate();
  const time = local.getTime() - Math.floor(local.getTime() / day) * day;
  return new Date(utcTime(year, month, Math.min(local.getUTCDate(), last)) + time);
}

export const monthNames = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

export const unitLengths = {
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day,
  week: 7 * day,
} as const;

export const unitMonths = { month: 1, quarter: 3, year: 12 } as const;

export type Unit = keyof typeof unitLengths | keyof typeof unitMonths;

export const isUnit = (name: unknown): name is Unit =>
  typeof name === "string" && (Object.hasOwn(unitLengths, name) || Object.hasOwn(unitMonths, name));
