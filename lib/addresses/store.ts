import type { ObjectId } from "mongodb";
import * as z from "zod";
import { accountsCollection } from "../accounts/document.ts";
import type { Database } from "../db/connection.ts";
import type { SecurityEvent } from "../security/events.ts";
import { versionedDocument } from "../settings/versioned.ts";
import type { CarriedUsage } from "../usage/request-usage.ts";
import { ipRulesCollection, StoredRule } from "./document.ts";

/** Of a rule, what an address is judged by. */
const Judged = StoredRule.pick({
  action: true,
  scope: true,
  account: true,
  range: true,
  active: true,
  expiresAt: true,
});

const Live = z.object({ rules: z.array(Judged), now: z.date() });
const Whole = z.object({ version: z.int(), rules: z.array(StoredRule) });

/** Milliseconds that a read may take: every request may have to wait for it, and has 5 s for all. */
const readBound = 2_000;

interface Change {
  /** The version it was judged by. */
  version: number;
  rules: StoredRule[];
  by: string;
  event: SecurityEvent;
  usage: CarriedUsage | undefined;
}

/** The address rules. */
export function ruleStore(database: Pick<Database, "run">) {
  const bounded: Pick<Database, "run"> = { run: (work) => database.run(work, readBound) };
  const brief = versionedDocument(bounded, ipRulesCollection.name);
  const document = versionedDocument(database, ipRulesCollection.name);
  return {
    /** What addresses are judged by, and the database's time. */
    judged: async () => {
      const fields = Object.keys(Judged.shape).map((field) => [`rules.${field}`, 1]);
      const found = await brief.find({ ...Object.fromEntries(fields), now: "$$NOW" });
      return found ? Live.parse(found) : { rules: [], now: new Date(0) };
    },

    /** Every rule as it is stored, and the version of all. */
    all: async () => Whole.parse((await document.find()) ?? { version: 0, rules: [] }),

    hasAccount: async (id: ObjectId): Promise<boolean> => {
      const found = await database.run((db) =>
        db.collection(accountsCollection.name).findOne({ _id: id }, { projection: { _id: 1 } }),
      );
      return found !== null;
    },

    /** False if the rules have another version by now; then nothing is changed or recorded. */
    replace: ({ rules, ...change }: Change): Promise<boolean> =>
      document.replace({ ...change, fields: { rules } }),
  };
}

export type RuleStore = ReturnType<typeof ruleStore>;
