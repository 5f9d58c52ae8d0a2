import type { Database } from "./connection.ts";

/** Time for the health probe's answer in milliseconds: shorter than any request's, so that the probe tells first. */
const probeBound = 2_000;

/** One round trip to the database in milliseconds. @throws Failure DATABASE_UNAVAILABLE within 2 s */
export async function databaseRoundTrip(database: Pick<Database, "run">): Promise<number> {
  return database.run(async (db) => {
    const startedAt = performance.now();
    await db.command({ ping: 1 });
    return Math.round((performance.now() - startedAt) * 100) / 100;
  }, probeBound);
}
