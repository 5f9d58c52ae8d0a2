import type * as z from "zod";
import type { RuleStore } from "../addresses/store.ts";
import type { Database } from "../db/connection.ts";
import { databaseRoundTrip } from "../db/health.ts";
import { freshFor } from "../fresh.ts";
import type { VersionedSettings } from "../settings/reader.ts";
import type { SettingsStore } from "../settings/store.ts";
import type { ProviderState } from "../upstream/check-providers.ts";
import type { ServiceHealth, ServiceStats } from "./service-rules.ts";

interface HealthDeps {
  database: Pick<Database, "run">;
  providers: () => Promise<ProviderState[]>;
  version: string;
}

/** Asks the database and every provider. It is degraded when no provider answers. @throws Failure DATABASE_UNAVAILABLE */
export async function checkService({
  database,
  providers,
  version,
}: HealthDeps): Promise<z.output<typeof ServiceHealth>> {
  const [roundTrip, states] = await Promise.all([databaseRoundTrip(database), providers()]);
  const accessible = isAccessible(states);
  return {
    status: accessible ? "healthy" : "degraded",
    version,
    database_connected: true,
    database_round_trip_ms: roundTrip,
    wapi_accessible: accessible,
    providers: states.map(({ name, state, ms }) => ({ name, state, response_ms: ms })),
  };
}

interface StatsDeps {
  settings: Pick<VersionedSettings, "version" | "current">;
  settingsRecords: Pick<SettingsStore, "service">;
  addressRules: Pick<RuleStore, "all">;
  providers: () => Promise<ProviderState[]>;
  version: string;
}

/** What is kept by processes, and whether models are to be had. */
export async function serviceStats(deps: StatsDeps): Promise<z.output<typeof ServiceStats>> {
  const [, stored, rules, states] = await Promise.all([
    deps.settings.current(),
    deps.settingsRecords.service(),
    deps.addressRules.all(),
    deps.providers(),
  ]);
  return {
    success: true,
    message: "These are the service's own figures.",
    data: {
      cache: {
        settings_version: stored.version,
        settings_version_in_use: deps.settings.version(),
        address_rules: rules.rules.length,
        longest_seconds: freshFor / 1_000,
      },
      wapi: { accessible: isAccessible(states) },
      system: { version: deps.version },
    },
  };
}

const isAccessible = (states: readonly ProviderState[]): boolean =>
  states.some(({ state }) => state !== "failed");
