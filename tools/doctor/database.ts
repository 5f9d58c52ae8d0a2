import type { Db } from "mongodb";
import { collections } from "../../lib/collections.ts";
import type { Database } from "../../lib/db/connection.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { bad, type Finding, good, reasonOf } from "./finding.ts";

/** Major version of the server; older ones lack the bulkWrite command that a settlement is. */
const oldest = 8;

/** Milliseconds for everything that is asked of the database. */
const bound = 20_000;

/** Whether the database answers, is new enough, and has the indexes and validators that are declared. */
export async function checkDatabase(database: Pick<Database, "run">): Promise<Finding[]> {
  try {
    return await database.run(
      async (db) => [...(await checkServer(db)), await checkSchema(db)],
      bound,
    );
  } catch (error) {
    const todo =
      "Check MONGODB_URI, that the server runs, and that it lets this address in (Atlas: Network Access).";
    return [bad("database", reasonOf(error), todo)];
  }
}

async function checkServer(db: Db): Promise<Finding[]> {
  const { version } = await db.command({ buildInfo: 1 });
  const { setName, msg } = await db.command({ hello: 1 });
  const findings = [
    Number.parseInt(version, 10) >= oldest
      ? good("database", `answers, version ${version}`)
      : bad("database", `is version ${version}`, `Upgrade it to MongoDB ${oldest}.0 or newer.`),
  ];
  // Of a sharded cluster.
  const isRouter = msg === "isdbgrid";
  if (setName === undefined && !isRouter) {
    const todo =
      "Start it with --replSet, and initiate the set: a single server can't retry writes.";
    findings.push(bad("database", "is no replica set", todo));
  }
  return findings;
}

async function checkSchema(db: Db): Promise<Finding> {
  const name = "indexes and validators";
  const lines = await migrate(db, collections, { dry: true });
  const open = lines.filter((line) => !line.endsWith("left as it is"));
  if (open.length > 0) {
    return bad(
      name,
      `not as declared; to be done: ${open.join("; ")}`,
      "Run `npm run db:migrate`.",
    );
  }
  return good(name, lines.length === 0 ? "as declared" : lines.join("; "));
}
