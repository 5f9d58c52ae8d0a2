/** Kinds of requests that have a rate of their own. */
export type RateClass = "other" | "chat" | "batch";

/** A figure that is counted by UTC day: what was used counts only while `day` is today. */
interface Daily {
  /** `YYYY-MM-DD` */
  day: string;
  perDay: number;
  used: number;
}

/** The UTC day of a time, as `YYYY-MM-DD`. */
export const utcDay = (time: Date): string => time.toISOString().slice(0, 10);

/** What is left of a daily figure on `day`, never below 0. Renewal is a fact about the date, so nothing runs at midnight. */
export const leftOn = (day: string, daily: Daily): number =>
  daily.day === day ? Math.max(0, daily.perDay - daily.used) : daily.perDay;
