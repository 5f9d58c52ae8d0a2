import type { Database } from "../db/connection.ts";
import { settingsCollection } from "./document.ts";

type StoredSettings = { _id: string; value: Record<string, unknown> };

/** The stored part of the settings. */
export function settingsStore(database: Pick<Database, "run">) {
  return {
    /** What differs from the defaults; nothing if nobody changed anything. */
    service: async (): Promise<Record<string, unknown>> => {
      const found = await database.run((db) =>
        db.collection<StoredSettings>(settingsCollection.name).findOne({ _id: "service" }),
      );
      return found?.value ?? {};
    },
  };
}

export type SettingsStore = ReturnType<typeof settingsStore>;
