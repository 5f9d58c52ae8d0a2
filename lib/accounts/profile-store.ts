import type { ObjectId } from "mongodb";
import type { Database } from "../db/connection.ts";
import { literal } from "../db/literal.ts";
import type { CarriedUsage } from "../usage/request-usage.ts";
import type { StoredAccount } from "./document.ts";
import { recordedChange } from "./recorded-change.ts";

/** What people may change of their account without a password. */
export type ProfileFields = Partial<
  Pick<StoredAccount, "name" | "aboutMe" | "hobbies" | "logMessages">
>;

/** What people say about themselves. */
export function profileStore(database: Pick<Database, "run">) {
  return {
    /** Changes the fields given. False if the account is no longer active. */
    update: (
      account: ObjectId,
      fields: ProfileFields,
      usage: CarriedUsage | undefined,
    ): Promise<boolean> => {
      const values = Object.entries(fields).map(([name, value]) => [name, literal(value)]);
      return recordedChange(database, {
        filter: { _id: account, status: "active" },
        update: [{ $set: { ...Object.fromEntries(values), updatedAt: "$$NOW" } }],
        event: [],
        usage,
      });
    },
  };
}

export type ProfileStore = ReturnType<typeof profileStore>;
