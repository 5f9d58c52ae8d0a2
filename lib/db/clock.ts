import * as z from "zod";
import type { Database } from "./connection.ts";

/** Tells the database's time, in one round trip. */
export type Clock = () => Promise<Date>;

const Hello = z.object({ localTime: z.date() });

export const databaseClock =
  (database: Pick<Database, "run">): Clock =>
  async () =>
    Hello.parse(await database.run((db) => db.command({ hello: 1 }))).localTime;
