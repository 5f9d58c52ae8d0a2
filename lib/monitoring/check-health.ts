import type * as z from "zod";
import type { Database } from "../db/connection.ts";
import { databaseRoundTrip } from "../db/health.ts";
import type { Env } from "../env.ts";
import type { Provider } from "../upstream/provider.ts";
import type { Health } from "./rules.ts";

export interface HealthDeps {
  database: Pick<Database, "run">;
  env: Pick<Env, "MAIL_FROM">;
  providers: () => Promise<readonly Provider[]>;
  version: string;
}

/** Asks the database for one answer. @throws Failure DATABASE_UNAVAILABLE within 2 s */
export async function checkHealth({
  database,
  env,
  providers,
  version,
}: HealthDeps): Promise<z.output<typeof Health>> {
  const roundTrip = await databaseRoundTrip(database);
  const models = await providers();
  const configured = (is: boolean) => ({ status: is ? "configured" : "off" }) as const;
  return {
    status: "healthy",
    timestamp: new Date().toISOString(),
    version,
    components: {
      database: { status: "healthy", type: "mongodb", round_trip_ms: roundTrip },
      mail: configured(env.MAIL_FROM !== undefined),
      upstream: configured(models.length > 0),
    },
  };
}
