import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import * as z from "zod";
import { collections } from "../../lib/collections.ts";
import { clientOptions, openDatabase } from "../../lib/db/connection.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { staffGuard } from "../../lib/http/guards/staff.ts";
import { makeToken } from "../../lib/security/token.ts";
import { defaultSettings, type Settings } from "../../lib/settings/rules.ts";
import { type StoredStaff, staffCollection } from "../../lib/staff/document.ts";
import type { Privilege } from "../../lib/staff/privilege.ts";
import { staffSessionStore } from "../../lib/staff/session-store.ts";
import { openToAll } from "../support/addresses.ts";
import { apiEvent, lambdaContext } from "../support/api-event.ts";
import { testDatabase } from "../support/database.ts";
import { testBuilder } from "../support/endpoint.ts";
import {
  adminWith,
  type SignedInStaff,
  signedInStaff,
  superAdmin,
  supportOf,
} from "../support/staff.ts";
import { somebody } from "../support/world.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, collections);
const members = db.collection<StoredStaff>(staffCollection.name);
const database = openDatabase({ uri: () => uri, name });
afterAll(() => database.close());

let settings: Settings = defaultSettings;
const { endpoint, lines } = testBuilder();
const sessions = staffSessionStore(database);
const guard = staffGuard({
  sessions,
  settings: { current: async () => settings },
  addresses: openToAll,
});

const Named = z.object({ username: z.string() });
const guarded = (...args: Parameters<typeof guard>) =>
  endpoint({
    guard: guard(...args),
    body: z.object({ needed: z.string() }),
    reply: Named,
    run: ({ staff }) => ({ username: staff.username }),
  });

/** What a caller gets who sends a body, a good one unless told. */
async function ask(
  handler: ReturnType<typeof guarded>,
  token: string | undefined,
  body: object = { needed: "this" },
) {
  const headers = {
    "Content-Type": "application/json",
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
  };
  const event = apiEvent({ method: "POST", headers, body: JSON.stringify(body) });
  const { statusCode, body: text } = await handler(event, lambdaContext());
  return { status: statusCode, body: JSON.parse(text) };
}

const callers = [
  "new support",
  "support",
  "advanced support",
  "an admin without permissions",
  "an admin with user_management",
  "a super admin",
] as const;
type Caller = (typeof callers)[number];
let staff: Record<Caller, SignedInStaff>;

beforeAll(async () => {
  staff = {
    "new support": await signedInStaff(db, supportOf("new")),
    support: await signedInStaff(db, supportOf("support")),
    "advanced support": await signedInStaff(db, supportOf("advanced")),
    "an admin without permissions": await signedInStaff(db, adminWith()),
    "an admin with user_management": await signedInStaff(db, adminWith("user_management")),
    "a super admin": await signedInStaff(db, superAdmin),
  };
});

describe.each<[Privilege, string, readonly Caller[]]>([
  [{ any: true }, "staff", callers],
  [{ admin: true }, "admin", callers.slice(3)],
  [{ admin: "user_management" }, "user_management", callers.slice(4)],
  [{ admin: "system_config" }, "system_config", ["a super admin"]],
  [{ admin: "super" }, "super_admin", ["a super admin"]],
  [{ support: true }, "support", callers.slice(0, 3)],
  [{ support: "can_view_users" }, "can_view_users", callers.slice(0, 3)],
  [{ support: "can_update_users" }, "can_update_users", ["support", "advanced support"]],
  [{ support: "can_view_messages" }, "can_view_messages", ["advanced support"]],
  [{ support: "can_delete_users" }, "can_delete_users", []],
])("an endpoint that asks for %o", (privilege, required, allowed) => {
  const handler = guarded(privilege);

  it.each(callers)("lets %s in, or answers 403 naming what is missing", async (caller) => {
    const { status, body } = await ask(handler, staff[caller].token);
    if (allowed.includes(caller)) {
      expect({ status, body }).toEqual({
        status: 200,
        body: { username: staff[caller].staff.username },
      });
    } else {
      expect(status).toBe(403);
      expect(body).toMatchObject({
        code: "PERMISSION_REQUIRED",
        required_permission: required,
        success: false,
      });
    }
  });
});

describe("the guard of staff", () => {
  const anybody = guarded({ any: true });

  it("401: refuses tokens of users, refresh tokens and tokens that were made up", async () => {
    const who = await somebody(db);
    const { id, session, token, refreshToken } = await signedInStaff(db, superAdmin);
    const ids = { accountId: id.toHexString(), id: session.id.toHexString() };
    const refused = [
      who.token,
      who.apiKey,
      who.refreshToken,
      refreshToken,
      makeToken("staffSession", ids).text,
      makeToken("session", ids).text,
      `${token.slice(0, -1)}!`,
    ];
    for (const one of refused) {
      expect(await ask(anybody, one)).toMatchObject({
        status: 401,
        body: { code: "SESSION_INVALID" },
      });
    }
    expect(await ask(anybody, undefined)).toMatchObject({
      status: 401,
      body: { code: "AUTHENTICATION_REQUIRED" },
    });
  });

  it("401: refuses a session that has expired or was ended, and whoever is disabled", async () => {
    const expired = await signedInStaff(db, superAdmin);
    await members.updateOne(
      { _id: expired.id },
      { $set: { "sessions.0.expiresAt": new Date(Date.now() - 1) } },
    );
    const ended = await signedInStaff(db, superAdmin);
    await members.updateOne({ _id: ended.id }, { $set: { sessions: [] } });
    const disabled = await signedInStaff(db, superAdmin, { status: "disabled" });
    for (const { token } of [expired, ended, disabled]) {
      expect((await ask(anybody, token)).status).toBe(401);
    }
  });

  it("judges a body only after the privilege, so that a 403 tells nothing of it", async () => {
    const handler = guarded({ admin: "super" });
    expect((await ask(handler, undefined, {})).status).toBe(401);
    expect((await ask(handler, staff.support.token, {})).status).toBe(403);
    expect((await ask(handler, staff["a super admin"].token, {})).status).toBe(422);
  });

  it("403: lets nobody do anything else before a password is their own and, where it is required, a second factor is set up", async () => {
    const { token } = await signedInStaff(db, superAdmin, { passwordIsTemporary: true });
    expect((await ask(anybody, token)).body.code).toBe("PASSWORD_CHANGE_REQUIRED");
    expect((await ask(guarded({ any: true }, { during: ["totp"] }), token)).status).toBe(403);
    expect((await ask(guarded({ any: true }, { during: ["password"] }), token)).status).toBe(200);

    settings = { ...defaultSettings, staff: { ...defaultSettings.staff, totpRequired: true } };
    const without = staff["a super admin"].token;
    const totp = { seed: "sealed", lastStep: 0, recovery: [], since: new Date() };
    const withTotp = (await signedInStaff(db, superAdmin, { totp })).token;
    expect((await ask(anybody, without)).body.code).toBe("SECOND_FACTOR_REQUIRED");
    expect((await ask(guarded({ any: true }, { during: ["totp"] }), without)).status).toBe(200);
    expect((await ask(anybody, withTotp)).status).toBe(200);
    settings = defaultSettings;
  });

  it("403 for a missing privilege comes before 403 for an open duty", async () => {
    const { token } = await signedInStaff(db, supportOf("new"), { passwordIsTemporary: true });
    const { body } = await ask(guarded({ admin: "super" }), token);
    expect(body.code).toBe("PERMISSION_REQUIRED");
  });

  it("403: gives the place of a proof back to who lacks the privilege, or has a duty first", async () => {
    const handler = guarded({ admin: "super" }, { proves: true });
    const lastActivityAt = new Date();
    const support = await signedInStaff(db, supportOf("new"), { lastActivityAt });
    const passwordIsTemporary = true;
    const chief = await signedInStaff(db, superAdmin, { lastActivityAt, passwordIsTemporary });
    for (const { id, staff: stored, token } of [support, chief]) {
      expect((await ask(handler, token)).status).toBe(403);
      expect(await members.findOne({ _id: id })).toEqual(stored);
    }
  });

  it("503: lets nobody in while the database is away", async () => {
    const away = openDatabase({
      uri: () => "mongodb://127.0.0.1:1",
      name,
      options: { ...clientOptions, serverSelectionTimeoutMS: 100 },
    });
    const handler = endpoint({
      guard: staffGuard({
        addresses: openToAll,
        sessions: staffSessionStore(away),
        settings: { current: async () => settings },
      })({ any: true }),
      reply: z.object({}),
      run: () => ({}),
    });
    const headers = { Authorization: `Bearer ${staff.support.token}` };
    expect((await handler(apiEvent({ headers }), lambdaContext())).statusCode).toBe(503);
    await away.close();
  });

  it("writes a use down at most once a minute", async () => {
    const { id, token } = await signedInStaff(db, superAdmin);
    await ask(anybody, token);
    const once = await members.findOne({ _id: id });
    expect(once?.lastActivityAt).toEqual(expect.any(Date));
    await ask(anybody, token);
    expect(await members.findOne({ _id: id })).toEqual(once);
  });

  it("never logs a token", () => {
    expect(JSON.stringify(lines)).not.toMatch(/pa[sr]_[0-9A-Za-z]/);
  });
});
