import type { ObjectId } from "mongodb";
import { collections } from "../../../lib/collections.ts";
import { migrate } from "../../../lib/db/migrate.ts";
import { type StoredRole, type StoredStaff, staffCollection } from "../../../lib/staff/document.ts";
import { ask } from "../../support/ask.ts";
import { monitored } from "../../support/commands.ts";
import { testDatabase } from "../../support/database.ts";
import { loadFunction } from "../../support/functions.ts";
import { someAddress } from "../../support/people.ts";
import { type Factor, staffer } from "../../support/staffer.ts";
import { password } from "../../support/world.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, collections);
export const members = db.collection<StoredStaff>(staffCollection.name);
const recorded = db.collection("securityEvents");

export const environment = { MONGODB_URI: monitored(uri), MONGODB_DATABASE: name };
const handlers = {
  adminLogin: await loadFunction("admin-panel/login", environment),
  supportLogin: await loadFunction("support/login", environment),
  adminProfile: await loadFunction("admin-panel/profile", environment),
  supportProfile: await loadFunction("support/profile", environment),
  permissions: await loadFunction("support/permissions", environment),
  createAdmin: await loadFunction("admin-panel/create-admin", environment),
  createSupport: await loadFunction("support/create", environment),
  list: await loadFunction("admin-panel/staff/list", environment),
  get: await loadFunction("admin-panel/staff/get", environment),
  update: await loadFunction("admin-panel/staff/update", environment),
  disable: await loadFunction("admin-panel/staff/disable", environment),
  enable: await loadFunction("admin-panel/staff/enable", environment),
  resetPassword: await loadFunction("admin-panel/staff/reset-password", environment),
  refresh: await loadFunction("staff/refresh", environment),
  logout: await loadFunction("staff/logout", environment),
  password: await loadFunction("staff/change-password", environment),
  offerTotp: await loadFunction("staff/totp/offer", environment),
  confirmTotp: await loadFunction("staff/totp/confirm", environment),
  removeTotp: await loadFunction("staff/totp/remove", environment),
};
export const runtime = await import("../../../lib/runtime.ts");

type Asked = Parameters<typeof ask>[1];

/** One request to an endpoint of staff, from an address of its own unless told. */
export const call = (endpoint: keyof typeof handlers, asked: Asked = {}) =>
  ask(handlers[endpoint], { ip: someAddress(), ...asked });

/** Somebody who is signed in and knows `password`. */
export const someone = (role: StoredRole, factor?: Factor) => staffer(db, role, factor);

/** A login as an admin, or as support staff. */
export const logIn = (
  { username, role }: Pick<StoredStaff, "username" | "role">,
  shown: Record<string, string> = {},
  ip = someAddress(),
) =>
  call(role.kind === "admin" ? "adminLogin" : "supportLogin", {
    body: { username, password, ...shown },
    ip,
  });

export const stored = (_id: ObjectId) => members.findOne({ _id });
export const eventsOf = (subject: ObjectId) =>
  recorded.find({ subject }).sort({ at: 1, _id: 1 }).toArray();
export const eventsFrom = (ip: string) => recorded.find({ ip }).sort({ at: 1, _id: 1 }).toArray();
/** Everything that was recorded, as text. */
export const recordedText = async () => JSON.stringify(await recorded.find().toArray());
