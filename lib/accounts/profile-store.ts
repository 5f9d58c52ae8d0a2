import type { ObjectId } from "mongodb";
import type { Database } from "../db/connection.ts";
import { literal } from "../db/literal.ts";
import { accountsCollection, type StoredAccount } from "./document.ts";

/** What people may change of their account without a password. */
export type ProfileFields = Partial<
  Pick<StoredAccount, "name" | "aboutMe" | "hobbies" | "logMessages">
>;

/** What people say about themselves. */
export function profileStore(database: Pick<Database, "run">) {
  return {
    /** Changes the fields given. False if the account is no longer active. */
    update: async (account: ObjectId, fields: ProfileFields): Promise<boolean> => {
      const values = Object.entries(fields).map(([name, value]) => [name, literal(value)]);
      const { matchedCount } = await database.run((db) =>
        db
          .collection<StoredAccount>(accountsCollection.name)
          .updateOne({ _id: account, status: "active" }, [
            { $set: { ...Object.fromEntries(values), updatedAt: "$$NOW" } },
          ]),
      );
      return matchedCount === 1;
    },
  };
}

export type ProfileStore = ReturnType<typeof profileStore>;
