import type { ObjectId } from "mongodb";
import { accountsCollection, type StoredAccount } from "../../../lib/accounts/document.ts";
import { collections } from "../../../lib/collections.ts";
import { type LedgerEntry, ledgerCollection } from "../../../lib/credits/ledger.ts";
import { migrate } from "../../../lib/db/migrate.ts";
import { type SecurityEvent, securityEventsCollection } from "../../../lib/security/events.ts";
import type { StoredRole } from "../../../lib/staff/document.ts";
import { ask } from "../../support/ask.ts";
import { monitored } from "../../support/commands.ts";
import { testDatabase } from "../../support/database.ts";
import { loadFunction } from "../../support/functions.ts";
import { routes } from "../../support/routes.ts";
import { adminWith, signedInStaff, superAdmin, supportOf } from "../../support/staff.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, collections);

export { db };
export const accounts = db.collection<StoredAccount>(accountsCollection.name);
const env = { MONGODB_URI: monitored(uri), MONGODB_DATABASE: name };

// Puts the environment in place for the runtime.
await loadFunction("admin-panel/users/list", env);
export const { database } = await import("../../../lib/runtime.ts");

type Asked = Omit<NonNullable<Parameters<typeof ask>[1]>, "path"> & {
  path?: Record<string, string>;
};

const declared = new Map(
  routes().map(({ method, path, handler }) => [`${method} ${path}`, handler]),
);

/** One request to an endpoint, such as `GET /v1/admin-panel/users`. */
export async function call(endpoint: string, asked: Asked = {}) {
  const handler = declared.get(endpoint);
  if (handler === undefined) throw new Error(`no endpoint is ${endpoint}`);
  return ask(await loadFunction(handler, env), asked);
}

export const stored = async (_id: ObjectId): Promise<StoredAccount> => {
  const found = await accounts.findOne({ _id });
  if (!found) throw new Error("the account is gone");
  return found;
};

export const eventsOf = (subject: ObjectId): Promise<SecurityEvent[]> =>
  db
    .collection<SecurityEvent>(securityEventsCollection.name)
    .find({ subject })
    .sort({ _id: 1 })
    .toArray();

export const ledgerOf = (account: ObjectId): Promise<LedgerEntry[]> =>
  db.collection<LedgerEntry>(ledgerCollection.name).find({ account }).sort({ at: 1 }).toArray();

const roles = {
  super: superAdmin,
  admin: adminWith("user_management"),
  "security admin": adminWith("security_logs"),
  "usage admin": adminWith("api_usage"),
  "plain admin": adminWith(),
  new: supportOf("new"),
  support: supportOf("support"),
  advanced: supportOf("advanced"),
} as const satisfies Record<string, StoredRole>;
export type Role = keyof typeof roles;

/** One of each kind of staff, signed in. */
export const staff = Object.fromEntries(
  await Promise.all(
    Object.entries(roles).map(async ([role, as]) => [role, await signedInStaff(db, as)] as const),
  ),
) as Record<Role, Awaited<ReturnType<typeof signedInStaff>>>;
