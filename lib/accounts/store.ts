import type { ObjectId } from "mongodb";
import type { Database } from "../db/connection.ts";
import { accountsCollection, type StoredAccount } from "./document.ts";

/** Accounts as the operations of lib/accounts see them. */
export function accountStore(database: Pick<Database, "run">) {
  return {
    /** The whole account, for the export of one's own data. */
    byId: (id: ObjectId): Promise<StoredAccount | null> =>
      database.run((db) =>
        db.collection<StoredAccount>(accountsCollection.name).findOne({ _id: id }),
      ),
  };
}

export type AccountStore = ReturnType<typeof accountStore>;
