import type * as z from "zod";
import type { Database } from "../db/connection.ts";
import { databaseRoundTrip } from "../db/health.ts";
import type { Env } from "../env.ts";
import type { Health } from "./rules.ts";

interface HealthDeps {
  database: Pick<Database, "run">;
  env: Pick<Env, "MAIL_FROM" | "UPSTREAM_URL">;
  version: string;
}

/** Asks the database for one answer. @throws Failure DATABASE_UNAVAILABLE within 2 s */
export async function checkHealth({
  database,
  env,
  version,
}: HealthDeps): Promise<z.output<typeof Health>> {
  const roundTrip = await databaseRoundTrip(database);
  const configured = (setting: unknown) => ({ status: setting ? "configured" : "off" }) as const;
  return {
    status: "healthy",
    timestamp: new Date().toISOString(),
    version,
    components: {
      database: { status: "healthy", type: "mongodb", round_trip_ms: roundTrip },
      mail: configured(env.MAIL_FROM),
      upstream: configured(env.UPSTREAM_URL),
    },
  };
}
