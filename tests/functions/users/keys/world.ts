import { ObjectId } from "mongodb";
import {
  accountsCollection,
  type StoredAccount,
  type StoredKey,
} from "../../../../lib/accounts/document.ts";
import { collections } from "../../../../lib/collections.ts";
import { migrate } from "../../../../lib/db/migrate.ts";
import { newKey } from "../../../../lib/keys/new-key.ts";
import { parseToken } from "../../../../lib/security/token.ts";
import { signedIn } from "../../../support/accounts.ts";
import { monitored } from "../../../support/commands.ts";
import { testDatabase } from "../../../support/database.ts";
import { loadFunction } from "../../../support/functions.ts";

const { db, uri, name } = await testDatabase();

export { db };

await migrate(db, collections);
export const accounts = db.collection<StoredAccount>(accountsCollection.name);

const env = { MONGODB_URI: monitored(uri), MONGODB_DATABASE: name };
export const current = await loadFunction("users/keys/current", env);
export const regenerate = await loadFunction("users/keys/regenerate", env);
export const list = await loadFunction("users/keys/list", env);
export const create = await loadFunction("users/keys/create", env);
export const update = await loadFunction("users/keys/update", env);
export const rotate = await loadFunction("users/keys/rotate", env);
export const revoke = await loadFunction("users/keys/revoke", env);
export const { database, settings } = await import("../../../../lib/runtime.ts");

export const keysOf = async (_id: ObjectId) => (await accounts.findOne({ _id }))?.keys ?? [];
export const eventsOf = (subject: ObjectId) =>
  db.collection("securityEvents").find({ subject }).toArray();
export const hashOf = (text: string) => parseToken("key", text)?.hash;
export const longAgo = new Date(Date.now() - 60_000);
export const tomorrow = new Date(Date.now() + 86_400_000);

/** Somebody with one key, signed in. */
export async function withKey(
  changes: Partial<StoredKey> = {},
  account: Partial<StoredAccount> = {},
) {
  const _id = new ObjectId();
  const made = newKey({ accountId: _id, now: longAgo, name: "default", scopes: ["chat"] });
  const key = { ...made.stored, ...changes };
  const { tokens } = await signedIn(db, { ...account, _id, keys: [key] });
  return { _id, key, text: made.text, id: key.id.toHexString(), token: tokens.session_token };
}

/** Handlers by name, with what else each needs to be asked. */
export const endpoints = {
  "GET api-key": { handler: current },
  "POST api-key/regenerate": { handler: regenerate },
  "GET keys": { handler: list },
  "POST keys": { handler: create, body: { name: "ci" } },
  "PUT keys/{id}": { handler: update, body: { name: "ci" } },
  "POST keys/{id}/rotate": { handler: rotate, body: {} },
  "DELETE keys/{id}": { handler: revoke },
};
export type Named = keyof typeof endpoints;
export const names = Object.keys(endpoints) as Named[];
