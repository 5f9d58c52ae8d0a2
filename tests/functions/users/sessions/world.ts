import type { ObjectId } from "mongodb";
import { accountsCollection, type StoredAccount } from "../../../../lib/accounts/document.ts";
import { collections } from "../../../../lib/collections.ts";
import { migrate } from "../../../../lib/db/migrate.ts";
import { ask } from "../../../support/ask.ts";
import { monitored } from "../../../support/commands.ts";
import { testDatabase } from "../../../support/database.ts";
import { loadFunction } from "../../../support/functions.ts";

const { db, uri, name } = await testDatabase();

export { db };

await migrate(db, collections);
export const accounts = db.collection<StoredAccount>(accountsCollection.name);
const events = db.collection("securityEvents");

const env = { MONGODB_URI: monitored(uri), MONGODB_DATABASE: name };
const refreshHandler = await loadFunction("users/sessions/refresh", env);
const logoutHandler = await loadFunction("users/sessions/logout", env);
const listHandler = await loadFunction("users/sessions/list", env);
const revokeHandler = await loadFunction("users/sessions/revoke", env);
export const { database, settings } = await import("../../../../lib/runtime.ts");

export const refresh = (refreshToken: unknown) =>
  ask(refreshHandler, { body: { refresh_token: refreshToken } });
export const list = (token: string) => ask(listHandler, { token });
export const logout = (token?: string, query: Record<string, string> = {}) =>
  ask(logoutHandler, { ...(token !== undefined && { token }), query });
export const revoke = (token: string, id: string) => ask(revokeHandler, { token, path: { id } });

export const sessionsOf = async (id: ObjectId) =>
  (await accounts.findOne({ _id: id }))?.sessions ?? [];
export const eventsOf = (subject: ObjectId) => events.find({ subject }).toArray();
export const longAgo = new Date(Date.now() - 60_000);

/** As if the last refresh had been a minute ago. */
export const endGrace = (id: ObjectId) =>
  accounts.updateOne({ _id: id }, { $set: { "sessions.0.refresh.previous.until": longAgo } });
