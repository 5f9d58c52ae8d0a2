import { ObjectId } from "mongodb";
import * as z from "zod";
import { accountsCollection } from "../accounts/document.ts";
import type { Database } from "../db/connection.ts";
import { fieldsOf } from "../db/fields-of.ts";
import { GateAccount, type StoredHold } from "./gate-account.ts";
import { type GateTake, gateStatement } from "./gate-statement.ts";

/** The server's clock comes with the account, except in the reply to a retried write that changed something. */
const Gated = GateAccount.extend({ now: z.date().optional() });

export interface Gated {
  admitted: boolean;
  account: GateAccount;
  hold: StoredHold | undefined;
  /** The database's time of the decision. */
  now: Date;
}

/** The gate: one statement on one account, found by its id. */
export function gateStore(database: Pick<Database, "run">) {
  return {
    /** Decides and takes. `accountId` has 24 hexadecimal digits. Undefined if there is no such account. */
    take: async (accountId: string, request: GateTake): Promise<Gated | undefined> => {
      const found = await database.run((db) =>
        db
          .collection(accountsCollection.name)
          .findOneAndUpdate({ _id: new ObjectId(accountId) }, gateStatement(request), {
            projection: fieldsOf(GateAccount),
            returnDocument: "after",
          }),
      );
      if (!found) return undefined;
      const { now, ...account } = Gated.parse(found);
      const hold = account.holds.find(({ id }) => id === request.id);
      const last = account.last?.id === request.id ? account.last : undefined;
      const at = hold?.at ?? last?.at ?? now;
      if (!at) throw new Error("the gate's reply has neither a time nor this request");
      return { admitted: hold !== undefined || last !== undefined, account, hold, now: at };
    },
  };
}

export type GateStore = ReturnType<typeof gateStore>;
