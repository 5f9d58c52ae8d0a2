import { describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import { accountsCollection, type StoredAccount } from "../../../lib/accounts/document.ts";
import { collections } from "../../../lib/collections.ts";
import { finishPosting } from "../../../lib/credits/posting.ts";
import { migrate } from "../../../lib/db/migrate.ts";
import { newKey } from "../../../lib/keys/new-key.ts";
import type { StoredMessage } from "../../../lib/messages/message-log.ts";
import { newSession } from "../../../lib/sessions/new-session.ts";
import { defaultSettings } from "../../../lib/settings/rules.ts";
import { signedIn, someRequest } from "../../support/accounts.ts";
import { ask } from "../../support/ask.ts";
import { commandsOf, monitored } from "../../support/commands.ts";
import { testDatabase } from "../../support/database.ts";
import { loadFunction } from "../../support/functions.ts";
import { someAddress } from "../../support/people.ts";

const { client, db, uri, name } = await testDatabase();
await migrate(db, collections);
const env = { MONGODB_URI: monitored(uri), MONGODB_DATABASE: name };
const handlers = {
  login: await loadFunction("users/login", env),
  profile: await loadFunction("users/profile", env),
  update: await loadFunction("users/update-profile", env),
  password: await loadFunction("users/change-password", env),
  email: await loadFunction("users/change-email", env),
  remove: await loadFunction("users/delete-account", env),
  exported: await loadFunction("users/export-account", env),
};
const { database, passwords, settings } = await import("../../../lib/runtime.ts");
const accounts = db.collection<StoredAccount>(accountsCollection.name);
const events = db.collection("securityEvents");

const password = "correct horse battery";
const login = (email: string, secret = password) =>
  ask(handlers.login, { body: { email, password: secret }, ip: someAddress() });

const passwordHash = await passwords.hash(password, defaultSettings.passwords.argon2id);

/** Somebody with a key who is signed in twice; `token` is of the first session. */
async function someone() {
  const accountId = new ObjectId();
  const now = new Date();
  const facts = { accountId, now, request: someRequest, lifetimes: defaultSettings.sessions };
  const key = newKey({ accountId, now, name: "first", scopes: ["chat"] });
  const other = newSession(facts);
  const { account, tokens } = await signedIn(db, {
    _id: accountId,
    passwordHash,
    keys: [key.stored],
    sessions: [other.stored],
  });
  const { username, email } = account;
  const id = accountId.toHexString();
  return {
    id,
    username,
    email,
    apiKey: key.text,
    token: tokens.session_token,
    otherToken: other.tokens.session_token,
  };
}
const accountOf = ({ username }: { username: string }) => accounts.findOne({ username });
const eventsOf = async (who: { username: string }, type: string) =>
  events.find({ subject: (await accountOf(who))?._id, type }).toArray();
const finishSignUp = async ({ id }: { id: string }) => {
  const _id = new ObjectId(id);
  const at = new Date();
  const posting = {
    id: `${id}:sign-up`,
    amount: 3,
    kind: "sign-up",
    reason: "",
    actor: "service",
    at,
  };
  await client.bulkWrite(finishPosting(db, _id, posting));
};
const isOpen = async (token: string) => (await ask(handlers.profile, { token })).status === 200;

describe("every endpoint of an account", () => {
  it.each(["profile", "update", "password", "email", "remove", "exported"] as const)(
    "401: %s without a token, or with one that opens nothing",
    async (endpoint) => {
      const { apiKey } = await someone();
      for (const [token, code] of [
        [undefined, "AUTHENTICATION_REQUIRED"],
        ["pes_nothing", "SESSION_INVALID"],
        [apiKey, "SESSION_INVALID"],
      ] as const) {
        const { status, body } = await ask(handlers[endpoint], {
          ...(token !== undefined && { token }),
          body: { name: "Eve" },
        });
        expect([status, body.code]).toEqual([401, code]);
      }
    },
  );
});

describe("GET /v1/users/profile", () => {
  it("200: the fields of the contract, and nothing secret", async () => {
    const { id, token, username, email } = await someone();
    const { status, body } = await ask(handlers.profile, { token });
    expect(status).toBe(200);
    expect(body).toEqual({
      id,
      username,
      name: "Some One",
      email,
      pending_email: null,
      about_me: "",
      hobbies: "",
      user_type: "Personal",
      time_created: expect.stringMatching(/Z$/),
      subscription_plan: "free",
      credits: { main: 5, reset: 5 },
      limits: { conversation_limit: 10, reset: 10 },
      access_rtype: ["bpe", "tot"],
      level: "low",
      additional_notes: "",
      is_verified: true,
      log_messages: false,
      last_login: null,
      last_activity: expect.stringMatching(/Z$/),
    });
  });

  it("shows what is left: today's use counts, yesterday's does not, and it is never below 0", async () => {
    const { token, username } = await someone();
    const today = new Date().toISOString().slice(0, 10);
    const creditsWith = async (allowance: StoredAccount["allowance"]) => {
      await accounts.updateOne({ username }, { $set: { allowance, balance: 7 } });
      return (await ask(handlers.profile, { token })).body.credits.main;
    };
    expect(await creditsWith({ day: today, perDay: 5, used: 2 })).toBe(10);
    expect(await creditsWith({ day: "2020-01-01", perDay: 5, used: 2 })).toBe(12);
    expect(await creditsWith({ day: today, perDay: 1, used: 3 })).toBe(7);
  });

  it("takes one round trip and one for its usage event, and a change two in all", async () => {
    const { token } = await someone();
    await settings.current();
    expect(await commandsOf(database, () => ask(handlers.profile, { token }))).toEqual([
      "findAndModify",
      "bulkWrite",
    ]);
    const body = { name: "Countess of Lovelace" };
    expect(await commandsOf(database, () => ask(handlers.update, { token, body }))).toEqual([
      "findAndModify",
      "bulkWrite",
    ]);
  });
});

describe("PUT /v1/users/profile", () => {
  it("200: changes what is given; what is missing or null stays; a dollar is only a dollar", async () => {
    const who = await someone();
    const { token } = who;
    const change = (body: unknown) => ask(handlers.update, { token, body });
    const first = await change({ name: "$balance", about_me: "line\nbreak", hobbies: null });
    expect([first.status, first.body.success]).toEqual([200, true]);
    await change({ hobbies: "chess", log_messages: true });
    await change({});
    expect(await accountOf(who)).toMatchObject({
      logMessages: true,
      name: "$balance",
      aboutMe: "line\nbreak",
      hobbies: "chess",
    });
  });

  it.each([
    ["a name of one letter", { name: "A" }, "name"],
    ["an about_me that is too long", { about_me: "x".repeat(1001) }, "about_me"],
    ["hobbies with NUL", { hobbies: "\0" }, "hobbies"],
    ["what is not people's to change", { balance: 1_000 }, "balance"],
  ])("422: %s", async (_, body, path) => {
    const who = await someone();
    const before = await accountOf(who);
    const answer = await ask(handlers.update, { token: who.token, body });
    expect([answer.status, answer.body.errors[0].path]).toEqual([422, path]);
    expect((await accountOf(who))?.updatedAt).toEqual(before?.updatedAt);
  });
});

describe("PUT /v1/users/password", () => {
  const change = (token: string, current: string, next: string) =>
    ask(handlers.password, { token, body: { current_password: current, new_password: next } });

  it("200: the new password holds, the old one does not, and only this session stays", async () => {
    const who = await someone();
    const { status, body } = await change(who.token, password, "another good one");
    expect([status, body]).toEqual([
      200,
      { success: true, message: expect.any(String), data: null },
    ]);
    expect(await isOpen(who.token)).toBe(true);
    expect(await isOpen(who.otherToken)).toBe(false);
    expect((await login(who.email)).status).toBe(401);
    expect((await login(who.email, "another good one")).status).toBe(200);
    expect(await eventsOf(who, "password_changed")).toHaveLength(1);
  });

  it("ends a change of address under way", async () => {
    const who = await someone();
    const pendingEmail = "stranger@example.com";
    await accounts.updateOne({ username: who.username }, { $set: { pendingEmail } });
    expect((await change(who.token, password, "another good one")).status).toBe(200);
    expect(await accountOf(who)).not.toHaveProperty("pendingEmail");
  });

  it("ends a lock of the account's names", async () => {
    const who = await someone();
    for (let count = 0; count < 5; count += 1) await login(who.email, "wrong password");
    expect((await login(who.email)).status).toBe(423);
    await change(who.token, password, "another good one");
    expect((await login(who.email, "another good one")).status).toBe(200);
  });

  it("401: a wrong current password changes nothing, and the session stays", async () => {
    const who = await someone();
    const { status, body } = await change(who.token, "wrong password", "another good one");
    expect([status, body.code]).toEqual([401, "WRONG_PASSWORD"]);
    expect(await isOpen(who.otherToken)).toBe(true);
    expect((await login(who.email)).status).toBe(200);
    const [event] = await eventsOf(who, "password_proof_failed");
    expect(event?.details).toEqual({ failed_attempts: 1 });
  });

  it("423: a stolen session can't guess on: five wrong passwords lock, also for the right one", async () => {
    const who = await someone();
    for (let count = 0; count < 5; count += 1) await change(who.token, "guess", "another good one");
    const { status, body, headers } = await change(who.token, password, "another good one");
    expect([status, body.code]).toEqual([423, "LOGIN_LOCKED"]);
    expect(Number(headers?.["Retry-After"])).toBeGreaterThan(3_500);
    expect((await login(who.email)).status).toBe(200);
  });

  it("422: a new password that breaks the rules is named, and costs no attempt", async () => {
    const who = await someone();
    for (let count = 0; count < 6; count += 1) {
      const { status, body } = await change(who.token, "guess", "password1");
      expect([status, body.errors[0].path]).toEqual([422, "new_password"]);
    }
  });

  it("of two changes at once one holds and the other is told that the password is another one", async () => {
    const who = await someone();
    const answers = await Promise.all([
      change(who.token, password, "another good one"),
      change(who.token, password, "a third good one"),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
  });
});

describe("PUT /v1/users/email without a mail service", () => {
  const change = (token: string, email: unknown, current = password) =>
    ask(handlers.email, { token, body: { new_email: email, current_password: current } });

  it("200: the new address holds at once, in lower case, and other sessions end", async () => {
    const who = await someone();
    const next = `New.${who.email}`;
    expect((await change(who.token, next)).status).toBe(200);
    expect((await accountOf(who))?.email).toBe(next.toLowerCase());
    expect(await isOpen(who.token)).toBe(true);
    expect(await isOpen(who.otherToken)).toBe(false);
    expect((await login(next)).status).toBe(200);
    expect(await eventsOf(who, "email_changed")).toHaveLength(1);
  });

  it("401: a wrong password", async () => {
    const who = await someone();
    const { status, body } = await change(who.token, "new@example.com", "wrong password");
    expect([status, body.code]).toEqual([401, "WRONG_PASSWORD"]);
    expect((await accountOf(who))?.email).toBe(who.email);
  });

  it("409: an address that is taken, the account's own too; it costs no attempt", async () => {
    const [who, other] = [await someone(), await someone()];
    for (let count = 0; count < 3; count += 1) {
      for (const email of [other.email, who.email]) {
        const { status, body } = await change(who.token, email);
        expect([status, body.code, body.errors[0].path]).toEqual([
          409,
          "ALREADY_TAKEN",
          "new_email",
        ]);
      }
    }
  });

  it("429: after as many taken addresses as registrations may be refused, for a free one too", async () => {
    const [who, other] = [await someone(), await someone()];
    const ip = someAddress();
    const change = (email: string) =>
      ask(handlers.email, {
        token: who.token,
        body: { new_email: email, current_password: password },
        ip,
      });
    const { refusedPerHour } = defaultSettings.registration;
    for (let count = 0; count < refusedPerHour; count += 1) {
      expect((await change(other.email)).status).toBe(409);
      if (count === 0) expect((await change(`free.${who.email}`)).status).toBe(200);
    }
    for (const email of [other.email, `new.${who.email}`]) {
      const { status, body } = await change(email);
      expect([status, body.code]).toEqual([429, "REGISTRATIONS_EXCEEDED"]);
    }
    expect((await accountOf(who))?.email).toBe(`free.${who.email}`);
  });

  it("409: of two that race for one address", async () => {
    const [one, other] = [await someone(), await someone()];
    const answers = await Promise.all(
      [one, other].map(({ token }) => change(token, `race.${one.email}`)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it.each([["nobody"], [{ $ne: null }], [""], [null]])("422: %p", async (email) => {
    const { token } = await someone();
    expect((await change(token, email)).status).toBe(422);
  });
});

describe("DELETE /v1/users/account", () => {
  const remove = (token: string, body: unknown) => ask(handlers.remove, { token, body });

  it("200: keys, sessions and codes are gone at once, and nobody signs in", async () => {
    const who = await someone();
    const { status, body } = await remove(who.token, { password, reason: "moving on" });
    expect([status, body.success]).toEqual([200, true]);
    expect(await accountOf(who)).toMatchObject({
      status: "deleting",
      keys: [],
      sessions: [],
      codes: {},
      deletion: { at: expect.any(Date), by: "account", reason: "moving on" },
    });
    expect(await isOpen(who.token)).toBe(false);
    expect((await login(who.email)).status).toBe(401);
    expect(await eventsOf(who, "account_deleted")).toHaveLength(1);
  });

  it("401: a wrong password deletes nothing", async () => {
    const who = await someone();
    const { status, body } = await remove(who.token, { password: "wrong password" });
    expect([status, body.code]).toEqual([401, "WRONG_PASSWORD"]);
    expect((await accountOf(who))?.status).toBe("active");
  });

  it.each([
    ["no body", undefined, ""],
    ["no password", {}, "password"],
    ["a reason that is too long", { password, reason: "x".repeat(501) }, "reason"],
  ])("422: %s", async (_, body, path) => {
    const { token } = await someone();
    const answer = await remove(token, body);
    expect([answer.status, answer.body.errors[0].path]).toEqual([422, path]);
  });
});

describe("GET /v1/users/account/export", () => {
  it("200: everything that is kept of a person, and no secret or hash of one", async () => {
    const who = await someone();
    await ask(handlers.password, {
      token: who.token,
      body: { current_password: password, new_password: "another good one" },
    });
    await finishSignUp(who);
    const { status, body } = await ask(handlers.exported, { token: who.token });
    expect(status).toBe(200);
    expect(body.profile.username).toBe(who.username);
    expect(body.api_keys).toMatchObject([{ name: "first" }]);
    expect(body.sessions).toHaveLength(1);
    expect(body.credit_movements).toMatchObject([{ kind: "sign-up", allowance: 0, balance: 3 }]);
    // Of the change before; the export's own comes after it.
    expect(body.usage_events).toMatchObject([
      { endpoint: "POST /test", status: 200, outcome: "answered", credits: 0, key_id: null },
    ]);
    const types = body.security_events.map(({ event_type: type }: { event_type: string }) => type);
    expect(types).toContain("password_changed");
    expect(await eventsOf(who, "account_exported")).toHaveLength(1);
    expect(JSON.stringify(body)).not.toMatch(/argon2|[0-9a-f]{64}/);
  });

  it("200: with the newest messages that fit, and nobody else's", async () => {
    const who = await someone();
    const _id = (await accountOf(who))?._id ?? new ObjectId();
    const message = (number: number, account: ObjectId, length: number): StoredMessage => ({
      _id: `${account.toHexString()}-${number}`,
      account,
      username: "some",
      email: "some@example.com",
      model: "gpt-4o-mini",
      research: false,
      messages: JSON.stringify({ request: ["x".repeat(length)], response: null }),
      tokens: 3,
      duration: 10,
      ip: "203.0.113.7",
      // Young enough to be kept.
      at: new Date(Date.now() - (10 - number) * 60_000),
    });
    await db
      .collection<StoredMessage>("messageLogs")
      .insertMany([
        message(1, _id, 900_000),
        message(2, _id, 900_000),
        message(3, _id, 900_000),
        message(4, new ObjectId(), 1),
      ]);
    const { body } = await ask(handlers.exported, { token: who.token });
    expect(body.messages.map(({ id }: { id: string }) => id)).toEqual([
      `${_id.toHexString()}-3`,
      `${_id.toHexString()}-2`,
    ]);
    expect(body.messages[0]).toMatchObject({ r_type: null, messages: { response: null } });
  });
});
