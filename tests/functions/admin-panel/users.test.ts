import { describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import { lockKeys } from "../../../lib/accounts/attempts.ts";
import { newKey } from "../../../lib/keys/new-key.ts";
import { parseToken } from "../../../lib/security/token.ts";
import { defaultSettings } from "../../../lib/settings/rules.ts";
import { signedIn } from "../../support/accounts.ts";
import { meteredAccount } from "../../support/metering.ts";
import { accounts, call, db, eventsOf, ledgerOf, type Role, staff, stored } from "./world.ts";

const users = "/v1/admin-panel/users/{id}";
const asked = (
  endpoint: string,
  id: ObjectId,
  body?: unknown,
  { as = "admin", ...rest }: { as?: Role; query?: Record<string, string> } = {},
) =>
  call(endpoint, {
    token: staff[as].token,
    path: { id: id.toHexString() },
    ...(body !== undefined && { body }),
    ...rest,
  });
const update = (id: ObjectId, body: unknown) => asked(`PUT ${users}`, id, body);
const today = new Date().toISOString().slice(0, 10);
const session = (token: string) => call("GET /v1/users/profile", { token });

describe("GET /v1/admin-panel/users/{id}", () => {
  it("200: the user, with nothing secret", async () => {
    const { account } = await signedIn(db, { notes: "a note" });
    const { status, body } = await asked(`GET ${users}`, account._id);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: account._id.toHexString(),
      additional_notes: "a note",
      is_active: true,
      status: "active",
      password_is_temporary: false,
    });
    expect(JSON.stringify(body)).not.toMatch(/argon2id|[0-9a-f]{64}/);
  });
});

describe("PUT /v1/admin-panel/users/{id}", () => {
  it("200: changes every field there is, and records names, and values of what is not personal", async () => {
    const { account } = await signedIn(db, { balance: 3 });
    const { status, body } = await update(account._id, {
      name: "New Name",
      email: `New-${account.email}`,
      about_me: "me",
      hobbies: "none",
      user_type: "Business",
      access_rtype: ["react"],
      level: "ultra",
      additional_notes: "a note",
      is_active: false,
      is_verified: false,
      credits: { main: 100, reset: 10 },
      limits: { conversation_limit: 70, reset: 7 },
    });
    expect({ status, body }).toMatchObject({ status: 200, body: { success: true, data: null } });
    expect(await stored(account._id)).toMatchObject({
      name: "New Name",
      email: `new-${account.email}`,
      aboutMe: "me",
      hobbies: "none",
      userType: "Business",
      rTypes: ["react"],
      level: 4,
      notes: "a note",
      status: "suspended",
      verified: false,
      allowance: { perDay: 10 },
      balance: 90,
      conversations: { day: today, perDay: 7, used: -63 },
      postings: [],
      sessions: [],
    });
    const [event, ...others] = await eventsOf(account._id);
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      type: "user_updated",
      actor: { kind: "staff", id: staff.admin.id },
      details: {
        before: { level: "low", is_active: true, credits: { main: 8, reset: 5 } },
        after: { level: "ultra", is_active: false, credits: { main: 100, reset: 10 } },
      },
    });
    expect(event?.details.fields).toEqual(expect.arrayContaining(["name", "email", "about_me"]));
    expect(JSON.stringify(event)).not.toMatch(/New Name|new-user|a note/);
  });

  it("200: `credits.main` is what is left in all, by one ledger entry of what that adds", async () => {
    const { account } = await meteredAccount(db, {
      balance: 50,
      allowance: { day: today, perDay: 5, used: 3 },
    });
    await update(account._id, { credits: { main: 10 } });
    expect(await stored(account._id)).toMatchObject({ balance: 8, postings: [] });
    expect(await ledgerOf(account._id)).toMatchObject([
      { kind: "sign-up" },
      {
        kind: "staff-edit",
        credits: { allowance: 0, balance: -42 },
        actor: `staff:${staff.admin.id.toHexString()}`,
      },
    ]);
    const { body } = await asked(`GET ${users}`, account._id);
    expect(body.credits).toEqual({ main: 10, reset: 5 });
  });

  it("200: what GET shows of figures, put back, is no change and leaves neither entry nor event", async () => {
    const { account } = await signedIn(db, { balance: 10 });
    const { credits, limits } = (await asked(`GET ${users}`, account._id)).body;
    expect((await update(account._id, { credits, limits })).status).toBe(200);
    expect(await stored(account._id)).toEqual(account);
    expect(await ledgerOf(account._id)).toEqual([]);
    expect(await eventsOf(account._id)).toEqual([]);
  });

  it("200: `credits.reset` applies before `credits.main`", async () => {
    const { account } = await signedIn(db, { allowance: { day: today, perDay: 5, used: 0 } });
    await update(account._id, { credits: { main: 2, reset: 1 } });
    expect(await stored(account._id)).toMatchObject({ balance: 1, allowance: { perDay: 1 } });
  });

  it("422: refuses less credits than today's allowance has left, and changes nothing", async () => {
    const { account } = await signedIn(db, { balance: 9 });
    const { status, body } = await update(account._id, { name: "New", credits: { main: 4 } });
    expect({ status, code: body.code }).toEqual({ status: 422, code: "CREDITS_OUT_OF_RANGE" });
    expect(body.credits).toEqual({ main: 14, allowance: 5, balance: 9 });
    expect(await stored(account._id)).toEqual(account);
    expect(await eventsOf(account._id)).toEqual([]);
  });

  it("200: another plan brings its own figures; the same plan changes nothing", async () => {
    const { account } = await signedIn(db, { level: 4 });
    await update(account._id, { subscription_plan: "free" });
    expect(await stored(account._id)).toEqual(account);
    await update(account._id, { subscription_plan: "pro" });
    const pro = defaultSettings.plans.pro;
    expect(await stored(account._id)).toMatchObject({
      plan: "pro",
      level: 3,
      rTypes: pro?.rTypes,
      allowance: { perDay: 500, used: 0 },
      conversations: { perDay: 1_000 },
    });
    expect(await eventsOf(account._id)).toHaveLength(1);
  });

  it("200: another address ends sessions, codes and a change under way", async () => {
    const code = { hash: "a".repeat(64), expiresAt: new Date(), tries: 0, email: "a@example.com" };
    const { account, tokens } = await signedIn(db, {
      pendingEmail: "p@example.com",
      codes: { passwordReset: code },
    });
    await update(account._id, { email: `other-${account.email}` });
    const now = await stored(account._id);
    expect(now).toMatchObject({ email: `other-${account.email}`, codes: {}, sessions: [] });
    expect(now.pendingEmail).toBeUndefined();
    expect((await session(tokens.session_token)).status).toBe(401);
  });

  it("409: an address that another user has, in any case", async () => {
    const [{ account: one }, { account: other }] = [await signedIn(db), await signedIn(db)];
    const { status, body } = await update(one._id, { email: other.email.toUpperCase() });
    expect({ status, code: body.code }).toEqual({ status: 409, code: "ALREADY_TAKEN" });
    expect(body.errors).toMatchObject([{ path: "email" }]);
    expect(await stored(one._id)).toEqual(one);
    expect(await eventsOf(one._id)).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["a plan that does not exist", { subscription_plan: "gold" }, "subscription_plan"],
    ["a plan by the name of a method", { subscription_plan: "constructor" }, "subscription_plan"],
    ["a level that is none", { level: "highest" }, "level"],
    ["a style that is none", { access_rtype: ["zen"] }, "access_rtype[0]"],
    ["a style twice", { access_rtype: ["bpe", "bpe"] }, "access_rtype"],
    ["credits below zero", { credits: { main: -1 } }, "credits.main"],
    ["credits that are no figure", { credits: { extra: 1 } }, "credits.extra"],
    ["no figure at all", { limits: {} }, "limits"],
    ["a password", { password: "a long way to Tipperary" }, "password"],
    ["the field of a hash", { passwordHash: "x" }, "passwordHash"],
    ["the balance by its own name", { balance: 1_000 }, "balance"],
    ["a field path", { "allowance.used": 0 }, '["allowance.used"]'],
    ["an operator", { $set: { balance: 1 } }, "$set"],
  ])("422: refuses %s by name, and changes nothing", async (_, body, field) => {
    const { account } = await signedIn(db);
    const answer = await update(account._id, body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map(({ path }: { path: string }) => path)).toContain(field);
    expect(await stored(account._id)).toEqual(account);
  });

  it("409: gives up after being overtaken again and again", async () => {
    const { editUser } = await import("../../../lib/staff/users/edit-user.ts");
    const { users: store, settings } = await import("../../../lib/runtime.ts");
    const { account } = await signedIn(db);
    const overtaken = editUser(
      { settings, users: { find: store.find, edit: async () => "changed" } },
      {
        staff: staff.admin.staff,
        account: account._id,
        changes: { name: "New" },
        request: { id: "r", ip: "203.0.113.7", userAgent: undefined },
      },
    );
    await expect(overtaken).rejects.toMatchObject({ code: "CHANGED_MEANWHILE" });
  });

  it("edits at once all hold, and each event tells what it changed from", async () => {
    const { account } = await signedIn(db);
    const levels = ["medium", "high", "ultra"];
    const answers = await Promise.all([
      ...levels.map((level) => update(account._id, { level })),
      update(account._id, { name: "New Name" }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const events = await eventsOf(account._id);
    const steps = events.flatMap(({ details }) => {
      const { before, after } = details as Record<"before" | "after", { level?: string }>;
      return after.level === undefined ? [] : [[before.level, after.level]];
    });
    // They make one chain from what was to what is.
    const chain = ["low"];
    while (steps.some(([from]) => from === chain.at(-1))) {
      chain.push(String(steps.find(([from]) => from === chain.at(-1))?.[1]));
    }
    expect(chain).toHaveLength(steps.length + 1);
    const now = await stored(account._id);
    expect(["low", "medium", "high", "ultra"][now.level - 1]).toBe(chain.at(-1));
    expect(now.name).toBe("New Name");
  });
});

describe("POST /v1/admin-panel/users/{id}/suspend and /restore", () => {
  const reason = "the key was published";
  const models = (token: string) => call("GET /v1/models", { token });

  it("200: the user's very next request is refused, and works again once restored", async () => {
    const { account, text } = await meteredAccount(db);
    const { account: person, tokens } = await signedIn(db);
    expect((await session(tokens.session_token)).status).toBe(200);
    expect((await models(text)).status).toBe(200);
    for (const { _id } of [account, person]) {
      expect((await asked(`POST ${users}/suspend`, _id, { reason })).status).toBe(200);
    }
    expect((await session(tokens.session_token)).status).toBe(401);
    expect(await models(text)).toMatchObject({ status: 403, body: { code: "ACCOUNT_SUSPENDED" } });
    expect((await asked(`POST ${users}/restore`, person._id, { reason })).status).toBe(200);
    expect((await session(tokens.session_token)).status).toBe(200);
    expect(await eventsOf(person._id)).toMatchObject([
      { type: "user_suspended", severity: "warning", details: { reason, fields: ["is_active"] } },
      { type: "user_restored", details: { reason, before: { is_active: false } } },
    ]);
  });

  it("200: of one who is suspended already nothing is recorded again", async () => {
    const { account } = await signedIn(db, { status: "suspended" });
    expect((await asked(`POST ${users}/suspend`, account._id, { reason })).status).toBe(200);
    expect(await eventsOf(account._id)).toEqual([]);
  });

  it.each(["suspend", "restore"])("422: %s needs a reason", async (verb) => {
    const { account } = await signedIn(db);
    for (const body of [{}, { reason: "" }, { reason: "x".repeat(501) }]) {
      expect((await asked(`POST ${users}/${verb}`, account._id, body)).status).toBe(422);
    }
  });
});

describe("DELETE /v1/admin-panel/users/{id}", () => {
  it("200: closes the account at once, of a super admin, with who and why", async () => {
    const proof = { counted: 1, until: new Date(Date.now() + 3_600_000), open: [] };
    const { account, tokens } = await signedIn(db, { proof });
    const answer = await asked(`DELETE ${users}`, account._id, undefined, {
      as: "super",
      query: { reason: "asked by letter" },
    });
    expect(answer.status).toBe(200);
    expect(await stored(account._id)).toMatchObject({
      status: "deleting",
      keys: [],
      sessions: [],
      deletion: { by: `staff:${staff.super.id.toHexString()}`, reason: "asked by letter" },
    });
    expect(await stored(account._id)).not.toHaveProperty("proof");
    expect((await session(tokens.session_token)).status).toBe(401);
    expect(await eventsOf(account._id)).toMatchObject([
      { type: "user_deleted", details: { reason: "asked by letter" } },
    ]);
  });

  it("404: twice; and nothing else changes what is on its way out", async () => {
    const { account } = await signedIn(db, { status: "deleting" });
    const all: [string, unknown?][] = [
      [`DELETE ${users}`],
      [`PUT ${users}`, { name: "New" }],
      [`POST ${users}/restore`, { reason: "back" }],
      [`POST ${users}/unlock`],
      [`POST ${users}/credits`, { amount: 5, reason: "why not" }],
      [`POST ${users}/regenerate-api-key`],
    ];
    for (const [endpoint, body] of all) {
      const { status } = await asked(endpoint, account._id, body, { as: "super" });
      expect({ endpoint, status }).toEqual({ endpoint, status: 404 });
    }
    expect(await stored(account._id)).toEqual(account);
  });

  it("403: an admin who is no super admin, whether the user exists or not", async () => {
    const { account } = await signedIn(db);
    for (const id of [account._id, new ObjectId()]) {
      const { status, body } = await asked(`DELETE ${users}`, id);
      expect({ status, needed: body.required_permission }).toEqual({
        status: 403,
        needed: "super_admin",
      });
    }
  });
});

describe("POST /v1/admin-panel/users/{id}/unlock", () => {
  it("200: ends the locks of both names, and of the password's proof", async () => {
    const until = new Date(Date.now() + 3_600_000);
    const proof = { counted: 5, until, open: [] };
    const { account } = await signedIn(db, { proof });
    const { account: other } = await signedIn(db, { proof });
    const throttle = db.collection<{ _id: string }>("loginThrottle");
    const locked = [...lockKeys(account), ...lockKeys(other)];
    await throttle.insertMany(
      locked.map((_id) => ({ _id, counted: 5, until, open: [] }) as { _id: string }),
    );
    const seen = await asked(`GET ${users}`, account._id);
    expect(JSON.stringify(seen.body)).not.toMatch(/proof|counted/);
    expect((await asked(`POST ${users}/unlock`, account._id)).status).toBe(200);
    const left = await throttle.find({ _id: { $in: locked } }).toArray();
    expect(left.map(({ _id }) => _id).sort()).toEqual(lockKeys(other).sort());
    expect(await stored(account._id)).not.toHaveProperty("proof");
    expect((await stored(other._id)).proof).toEqual(proof);
    expect(await eventsOf(account._id)).toMatchObject([{ type: "user_unlocked" }]);
  });
});

describe("POST /v1/admin-panel/users/{id}/regenerate-api-key", () => {
  const withKey = async (verified = true) => {
    const _id = new ObjectId();
    const key = newKey({ accountId: _id, now: new Date(), name: "first", scopes: ["chat"] });
    await signedIn(db, { _id, verified, keys: [key.stored] });
    return { _id, key };
  };

  it("200: shows the new key once and ends the old one, and no event has either", async () => {
    const { _id, key } = await withKey(false);
    const { status, body } = await asked(`POST ${users}/regenerate-api-key`, _id);
    expect(status).toBe(200);
    const [now] = (await stored(_id)).keys;
    expect(now?.id).toEqual(key.stored.id);
    expect(now?.secrets[0]?.hash).toBe(parseToken("key", body.data.api_key)?.hash);
    expect(now?.secrets[1]?.until?.getTime()).toBeLessThanOrEqual(Date.now());
    const events = await eventsOf(_id);
    expect(events).toMatchObject([
      {
        type: "api_key_regenerated_by_admin",
        actor: { kind: "staff", id: staff.admin.id },
        details: { old_key_prefix: key.stored.masked },
      },
    ]);
    expect(JSON.stringify(events)).not.toContain(body.data.api_key);
    expect(JSON.stringify(events)).not.toContain(key.text);
  });

  it("200: asked again with the same Idempotency-Key it is the same key", async () => {
    const { _id } = await withKey();
    const again = () =>
      call(`POST ${users}/regenerate-api-key`, {
        token: staff.admin.token,
        path: { id: _id.toHexString() },
        headers: { "Idempotency-Key": "once" },
      });
    const [first, second] = [await again(), await again()];
    expect(second.body).toEqual(first.body);
    expect(await eventsOf(_id)).toHaveLength(1);
  });

  it("404: of a user without a key", async () => {
    const { account } = await signedIn(db);
    expect(await asked(`POST ${users}/regenerate-api-key`, account._id)).toMatchObject({
      status: 404,
      body: { code: "API_KEY_MISSING" },
    });
  });
});

describe("sessions of a user", () => {
  const list = (id: ObjectId) => asked(`GET ${users}/sessions`, id);

  it("200: are listed without their tokens, ended one by one and all at once", async () => {
    const first = await signedIn(db);
    const { _id } = first.account;
    const second = { ...first.session, id: new ObjectId(), hash: "b".repeat(64) };
    await accounts.updateOne({ _id }, { $push: { sessions: second } });
    const { status, body } = await list(_id);
    expect(status).toBe(200);
    expect(body.sessions).toHaveLength(2);
    expect(JSON.stringify(body)).not.toMatch(/[0-9a-f]{64}|pe[sr]_/);

    const end = (session: string) =>
      call(`DELETE ${users}/sessions/{session}`, {
        token: staff.admin.token,
        path: { id: _id.toHexString(), session },
      });
    expect((await end(first.session.id.toHexString())).status).toBe(200);
    expect((await session(first.tokens.session_token)).status).toBe(401);
    expect((await end(first.session.id.toHexString())).status).toBe(404);
    expect((await list(_id)).body.sessions).toMatchObject([{ id: second.id.toHexString() }]);

    expect((await asked(`DELETE ${users}/sessions`, _id)).status).toBe(200);
    expect((await list(_id)).body.sessions).toEqual([]);
    expect(await eventsOf(_id)).toMatchObject([
      { type: "sessions_ended_by_staff", details: { session_id: first.session.id.toHexString() } },
      { type: "sessions_ended_by_staff", details: { session_id: "all" } },
    ]);
  });

  it("404: the session of another user", async () => {
    const [one, other] = [await signedIn(db), await signedIn(db)];
    const { status } = await call(`DELETE ${users}/sessions/{session}`, {
      token: staff.admin.token,
      path: { id: one.account._id.toHexString(), session: other.session.id.toHexString() },
    });
    expect(status).toBe(404);
    expect((await session(other.tokens.session_token)).status).toBe(200);
  });
});

describe("an endpoint about one user", () => {
  const endpoints: [string, unknown?][] = [
    [`GET ${users}`],
    [`PUT ${users}`, { name: "New" }],
    [`POST ${users}/suspend`, { reason: "why" }],
    [`POST ${users}/restore`, { reason: "why" }],
    [`POST ${users}/unlock`],
    [`POST ${users}/regenerate-api-key`],
    [`POST ${users}/credits`, { amount: 1, reason: "why" }],
    [`GET ${users}/ledger`],
    [`GET ${users}/audit`],
    [`GET ${users}/sessions`],
    [`DELETE ${users}/sessions`],
  ];

  it.each(endpoints)(
    "%s: 404 for nobody; 403 without the permission, whoever exists",
    async (...of) => {
      const [endpoint, body] = of;
      const { account } = await signedIn(db);
      const nobody = await asked(endpoint, new ObjectId(), body);
      expect(nobody).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
      for (const as of ["plain admin", "security admin", "usage admin", "advanced"] as const) {
        for (const id of [account._id, new ObjectId()]) {
          const { status } = await asked(endpoint, id, body, { as });
          expect({ as, status }).toEqual({ as, status: 403 });
        }
      }
      expect(await stored(account._id)).toEqual(account);
    },
  );
});
