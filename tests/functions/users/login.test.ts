import { beforeEach, describe, expect, it } from "@jest/globals";
import { accountsCollection, type StoredAccount } from "../../../lib/accounts/document.ts";
import { logIn } from "../../../lib/accounts/log-in.ts";
import { collections } from "../../../lib/collections.ts";
import { migrate } from "../../../lib/db/migrate.ts";
import { Failure } from "../../../lib/errors.ts";
import { parseToken } from "../../../lib/security/token.ts";
import { openToAll } from "../../support/addresses.ts";
import { ask } from "../../support/ask.ts";
import { commandsOf, monitored } from "../../support/commands.ts";
import { testDatabase } from "../../support/database.ts";
import { loadFunction } from "../../support/functions.ts";
import { someAddress, someRegistration } from "../../support/people.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, collections);
const env = { MONGODB_URI: monitored(uri), MONGODB_DATABASE: name };
const registerHandler = await loadFunction("users/register", env);
const loginHandler = await loadFunction("users/login", env);
const { accounts, database, events, passwords, settings, throttle } = await import(
  "../../../lib/runtime.ts"
);
const stored = db.collection<StoredAccount>(accountsCollection.name);
const recorded = db.collection("securityEvents");

const password = "correct horse battery";
let ip: string;
beforeEach(() => {
  ip = someAddress();
});
async function someone() {
  const registration = someRegistration({ password });
  await ask(registerHandler, { body: registration, ip: someAddress() });
  return registration;
}
const login = (email: string, secret = password, from = ip) =>
  ask(loginHandler, { body: { email, password: secret }, ip: from });

describe("POST /v1/users/login", () => {
  it("200: by address in any case or by username, with a session whose tokens are stored as hashes", async () => {
    const { email, username } = await someone();
    for (const typed of [email, email.toUpperCase(), username, username.toLowerCase()]) {
      const { status, body } = await login(typed);
      expect(status).toBe(200);
      expect(body).toEqual({
        success: true,
        message: expect.any(String),
        user: {
          id: expect.stringMatching(/^[0-9a-f]{24}$/),
          username,
          name: "Ada Lovelace",
          email: email.toLowerCase(),
          user_type: "Personal",
          subscription_plan: "free",
          is_verified: true,
          password_change_required: false,
        },
        session: {
          session_token: expect.stringMatching(/^pes_/),
          refresh_token: expect.stringMatching(/^per_/),
          expires_at: expect.stringMatching(/Z$/),
          refresh_expires_at: expect.stringMatching(/Z$/),
        },
      });
      const account = await stored.findOne({ username });
      const token = parseToken("session", body.session.session_token);
      expect(account?.sessions.at(-1)?.hash).toBe(token?.hash);
      expect(account?.lastLoginAt).toEqual(expect.any(Date));
    }
  });

  it("keeps at most ten sessions; the oldest goes", async () => {
    const { email, username } = await someone();
    for (let count = 0; count < 12; count += 1) await login(email);
    const { sessions } = (await stored.findOne({ username })) ?? {};
    expect(sessions).toHaveLength(10);
  });

  it("never says that the right password is wrong while another login renews its hash", async () => {
    const { email, username } = await someone();
    const old = await passwords.hash(password, { memory: 19_456, passes: 3, parallelism: 1 });
    await stored.updateOne({ username }, { $set: { passwordHash: old } });
    const answers = await Promise.all([login(email), login(email), login(email)]);
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toContain(200);
    expect(statuses).not.toContain(401);
    expect((await login(email)).status).toBe(200);
  });

  it("401: the same answer for an unknown name, a wrong password and an account that is not active", async () => {
    const active = await someone();
    const suspended = await someone();
    await stored.updateOne({ username: suspended.username }, { $set: { status: "suspended" } });
    const answers = [
      await login("nobody@example.com"),
      await login(active.email, "wrong password"),
      await login(suspended.email),
    ];
    for (const { status, body } of answers) {
      expect(status).toBe(401);
      const { request_id: _, ...rest } = body;
      expect(rest).toEqual({ ...answers[0]?.body, request_id: undefined });
    }
    const reasons = await recorded.find({ type: "login_failed", ip }).sort({ at: 1 }).toArray();
    expect(reasons.map(({ details }) => details.reason)).toEqual([
      "user_not_found",
      "invalid_password",
      "account_inactive",
    ]);
  });

  it("sends the same commands and makes exactly one hash for each of them", async () => {
    const active = await someone();
    const suspended = await someone();
    await stored.updateOne({ username: suspended.username }, { $set: { status: "suspended" } });
    let hashes = 0;
    const counting: typeof passwords = {
      hash: (...input) => {
        hashes += 1;
        return passwords.hash(...input);
      },
      verify: (...input) => {
        hashes += 1;
        return passwords.verify(...input);
      },
    };
    await settings.current();
    const seen: unknown[] = [];
    for (const [typed, secret] of [
      ["nobody@example.com", password],
      [active.email, "wrong password"],
      [suspended.email, password],
    ] as const) {
      hashes = 0;
      const request = { id: crypto.randomUUID(), ip: someAddress(), userAgent: undefined };
      const startedAt = performance.now();
      const commands = await commandsOf(database, async () => {
        const attempt = logIn(
          { accounts, throttle, events, passwords: counting, settings, addresses: openToAll },
          { typed, password: secret, request },
        );
        await expect(attempt).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });
      });
      seen.push({ commands: commands.sort(), hashes });
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    }
    const once = {
      commands: ["bulkWrite", "find", "findAndModify", "findAndModify", "insert"],
      hashes: 1,
    };
    expect(seen).toEqual([once, once, once]);
  });

  it("423: five failures lock a name, known or not, for an hour, also for the right password; open sessions and other names stay", async () => {
    const { email, username } = await someone();
    await login(email);
    for (const typed of [email, "not.known@example.com"]) {
      for (let count = 0; count < 5; count += 1) {
        expect((await login(typed, "wrong password", someAddress())).status).toBe(401);
      }
    }
    const known = await login(email, password, someAddress());
    const unknown = await login("not.known@example.com", password, someAddress());
    for (const { status, body, headers } of [known, unknown]) {
      expect([status, body.code]).toEqual([423, "LOGIN_LOCKED"]);
      expect(Number(headers?.["Retry-After"])).toBeGreaterThan(3_500);
    }
    expect((await stored.findOne({ username }))?.sessions).toHaveLength(1);
    expect((await login(username, password, someAddress())).status).toBe(200);
  });

  it("leaves no security event for attempts during a lock, which has one of its beginning", async () => {
    const { email } = await someone();
    const from = someAddress();
    for (let count = 0; count < 5; count += 1) await login(email, "wrong password", from);
    const before = await recorded.countDocuments({});
    for (let count = 0; count < 3; count += 1) {
      expect((await login(email, password, from)).status).toBe(423);
      expect((await login(`other.${email}`, password, from)).status).toBe(429);
    }
    expect(await recorded.countDocuments({})).toBe(before);
    const begun = { type: "login_failed", ip: from, "details.locked_until": { $exists: true } };
    expect(await recorded.countDocuments(begun)).toBe(1);
    expect(await recorded.countDocuments({ type: "ip_temporarily_blocked", ip: from })).toBe(1);
  });

  it("forgets failures of a name after a success", async () => {
    const { email } = await someone();
    for (let round = 0; round < 3; round += 1) {
      for (let count = 0; count < 4; count += 1)
        await login(email, "wrong password", someAddress());
      expect((await login(email, password, someAddress())).status).toBe(200);
    }
  });

  it("429: five failures block an address for a quarter of an hour, and a success of another name frees nobody; 423 wins where both hold", async () => {
    const { email } = await someone();
    for (let count = 0; count < 4; count += 1) {
      await login(`guess${count}@example.com`, "wrong password");
    }
    expect((await login(email)).status).toBe(200);
    expect((await login("guess5@example.com", "wrong password")).status).toBe(401);
    const { status, body, headers } = await login(email);
    expect([status, body.code]).toEqual([429, "ADDRESS_BLOCKED"]);
    expect(Number(headers?.["Retry-After"])).toBeLessThanOrEqual(900);
    expect(await recorded.countDocuments({ type: "ip_temporarily_blocked", ip })).toBe(1);
    for (let count = 0; count < 5; count += 1) await login(email, "wrong", someAddress());
    expect((await login(email)).status).toBe(423);
  });

  it("counts addresses of one IPv6 network together", async () => {
    for (let count = 0; count < 5; count += 1) {
      await login(`v6-${count}@example.com`, "wrong password", `2001:db8:7:7::${count}`);
    }
    expect((await login("v6-6@example.com", "wrong", "2001:db8:7:7:ffff::1")).status).toBe(429);
    expect((await login("v6-7@example.com", "wrong", "2001:db8:7:8::1")).status).toBe(401);
  });

  it("lets at most 5 of 100 parallel wrong logins reach the password", async () => {
    const { email } = await someone();
    let hashes = 0;
    const counting = {
      ...passwords,
      verify: async () => {
        hashes += 1;
        return false;
      },
    };
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const request = { id: crypto.randomUUID(), ip: someAddress(), userAgent: undefined };
        const deps = {
          accounts,
          throttle,
          events,
          passwords: counting,
          settings,
          addresses: openToAll,
        };
        try {
          await logIn(deps, { typed: email, password: "guess", request });
        } catch (error) {
          return error instanceof Failure ? error.code : String(error);
        }
        return "opened";
      }),
    );
    expect(hashes).toBeLessThanOrEqual(5);
    expect(outcomes.filter((code) => code === "INVALID_CREDENTIALS").length).toBe(hashes);
    expect(new Set(outcomes)).not.toContain("opened");
  });

  it("locks nobody out for six parallel correct logins: two at most are told to ask again after a second", async () => {
    const { email } = await someone();
    const answers = await Promise.all(Array.from({ length: 6 }, () => login(email)));
    for (const { status, headers } of answers) {
      expect([200, 429]).toContain(status);
      if (status === 429) expect(headers?.["Retry-After"]).toBe("1");
    }
    // The name admits five and the address admits five, each in its own order: two at most are refused.
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(4);
    expect((await login(email)).status).toBe(200);
  });

  it("opens nothing with a password that is changed while it is checked", async () => {
    const { email, username } = await someone();
    const request = { id: crypto.randomUUID(), ip, userAgent: undefined };
    const slow: typeof passwords = {
      ...passwords,
      verify: async () => {
        await stored.updateOne({ username }, { $set: { passwordHash: "another" } });
        return true;
      },
    };
    await expect(
      logIn(
        { accounts, throttle, events, passwords: slow, settings, addresses: openToAll },
        { typed: email, password, request },
      ),
    ).rejects.toMatchObject({ code: "TOO_MANY_ATTEMPTS" });
    const account = await stored.findOne({ username });
    expect(account?.sessions).toEqual([]);
    expect(await recorded.countDocuments({ subject: account?._id, type: "login_successful" })).toBe(
      0,
    );
  });

  it("hashes a password again when the cost has changed", async () => {
    const { email, username } = await someone();
    const cheaper = await passwords.hash(password, { memory: 19_456, passes: 3, parallelism: 1 });
    await stored.updateOne({ username }, { $set: { passwordHash: cheaper } });
    expect((await login(email)).status).toBe(200);
    const account = await stored.findOne({ username });
    expect(account?.passwordHash).toMatch(/m=19456,t=2,p=1/);
    expect(
      await recorded.countDocuments({ subject: account?._id, type: "password_hash_upgraded" }),
    ).toBe(1);
    expect((await login(email)).status).toBe(200);
  });

  it.each([
    ["no name", { password }, "email"],
    ["no password", { email: "a@b.co" }, "password"],
    ["an operator as a name", { email: { $gt: "" }, password }, "email"],
    ["an over-long name", { email: "a".repeat(255), password }, "email"],
    ["an unknown field", { email: "a@b.co", password, otp: "1" }, "otp"],
  ])("422: %s", async (_, body, path) => {
    const answer = await ask(loginHandler, { body, ip });
    expect([answer.status, answer.body.errors[0].path]).toEqual([422, path]);
  });
});
