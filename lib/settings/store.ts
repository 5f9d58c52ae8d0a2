import { accountsCollection } from "../accounts/document.ts";
import type { Database } from "../db/connection.ts";
import type { SecurityEvent } from "../security/events.ts";
import type { CarriedUsage } from "../usage/request-usage.ts";
import { settingsCollection } from "./document.ts";
import { versionedDocument } from "./versioned.ts";

const Stored = settingsCollection.schema.omit({ _id: true }).strip();

/** What is stored of the settings. */
export interface StoredSettings {
  /** Grows with each change; 0 if nobody changed anything yet. */
  version: number;
  /** What differs from the defaults and the environment. */
  value: Record<string, unknown>;
  updatedAt: Date | undefined;
  /** Id of a member of staff. */
  updatedBy: string | undefined;
}

interface Change {
  /** The version it was made from. */
  version: number;
  value: Record<string, unknown>;
  by: string;
  event: SecurityEvent;
  usage: CarriedUsage | undefined;
}

/** The stored part of the settings. */
export function settingsStore(database: Pick<Database, "run">) {
  const document = versionedDocument(database, settingsCollection.name);
  return {
    service: async (): Promise<StoredSettings> => {
      const found = await document.find();
      if (!found) return { version: 0, value: {}, updatedAt: undefined, updatedBy: undefined };
      const { updatedBy, ...rest } = Stored.parse(found);
      return { ...rest, updatedBy };
    },

    /** Those of some plans that accounts have. */
    plansInUse: async (names: readonly string[]): Promise<string[]> => {
      const holders = await database.run((db) =>
        Promise.all(
          names.map((plan) =>
            db
              .collection(accountsCollection.name)
              .findOne({ plan }, { projection: { _id: 0, plan: 1 } }),
          ),
        ),
      );
      return names.filter((_, index) => holders[index] !== null);
    },

    /** False if the settings have another version by now; then nothing is changed or recorded. */
    replace: ({ value, ...change }: Change): Promise<boolean> =>
      document.replace({ ...change, fields: { value } }),
  };
}

export type SettingsStore = ReturnType<typeof settingsStore>;
