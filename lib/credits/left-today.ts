import type { Document } from "mongodb";

/** The server's UTC day inside a statement. */
export const today: Document = { $dateToString: { date: "$$NOW", format: "%Y-%m-%d" } };

/** `leftOn` of rules.ts inside a statement, of a daily figure whose `perDay` is about to be another one. */
export const leftToday = (field: string, perDay: unknown): Document => ({
  $cond: [
    { $eq: [`$${field}.day`, today] },
    { $max: [0, { $subtract: [perDay, `$${field}.used`] }] },
    perDay,
  ],
});
