import { beforeEach, describe, expect, it } from "@jest/globals";
import { accountsCollection, type StoredAccount } from "../../../lib/accounts/document.ts";
import { collections } from "../../../lib/collections.ts";
import { migrate } from "../../../lib/db/migrate.ts";
import { parseToken } from "../../../lib/security/token.ts";
import { ask } from "../../support/ask.ts";
import { commandsOf, monitored } from "../../support/commands.ts";
import { testDatabase } from "../../support/database.ts";
import { loadFunction } from "../../support/functions.ts";
import { someAddress, someRegistration } from "../../support/people.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, collections);
const handler = await loadFunction("users/register", {
  MONGODB_URI: monitored(uri),
  MONGODB_DATABASE: name,
});
const { database, settings } = await import("../../../lib/runtime.ts");
const accounts = db.collection<StoredAccount>(accountsCollection.name);
const ledger = db.collection<{ _id: string }>("ledger");
const events = db.collection("securityEvents");

let ip: string;
beforeEach(() => {
  ip = someAddress();
});
const register = (body: unknown) => ask(handler, { body, ip });

describe("POST /v1/users/register", () => {
  it("201: an account with string ids and its first key, shown once and stored as a hash", async () => {
    const registration = someRegistration();
    const { status, body } = await register(registration);
    expect(status).toBe(201);
    expect(body).toEqual({
      success: true,
      message: expect.any(String),
      user_id: expect.stringMatching(/^[0-9a-f]{24}$/),
      username: registration.username,
      email: registration.email,
      api_key: expect.stringMatching(/^pe_/),
      verification_required: false,
      verification_mail: null,
    });
    const account = await accounts.findOne({ email: registration.email.toLowerCase() });
    const key = parseToken("key", body.api_key);
    expect(account?._id.toHexString()).toBe(body.user_id);
    expect(account?.keys[0]?.secrets).toEqual([{ hash: key?.hash }]);
    expect(account).toMatchObject({ status: "active", verified: true, plan: "free", balance: 0 });
    expect(JSON.stringify(account)).not.toContain(body.api_key);
    expect(JSON.stringify(account)).not.toContain(registration.password);
  });

  it("where no credits are given at sign-up the ledger has no entry of it", async () => {
    const { body } = await register(someRegistration());
    const account = await accounts.findOne({ username: body.username });
    expect(account).toMatchObject({ balance: 0, postings: [] });
    expect(await ledger.findOne({ account: account?._id })).toBeNull();
  });

  it("records it, without a secret, from where it came", async () => {
    const registration = someRegistration();
    const { body } = await register(registration);
    const account = await accounts.findOne({ username: body.username });
    const [event] = await events.find({ subject: account?._id }).toArray();
    expect(event).toMatchObject({
      type: "user_registered",
      severity: "info",
      actor: { kind: "account", id: account?._id },
      ip,
      userAgent: "test-agent/1.0",
      requestId: expect.any(String),
    });
    expect(JSON.stringify(event)).not.toMatch(/pe_|horse/);
  });

  it("409: names each field that another account has, whatever the case", async () => {
    const first = someRegistration();
    await register(first);
    const same = { ...first, username: first.username.toUpperCase() };
    const both = await register(same);
    expect(both.status).toBe(409);
    expect(both.body).toMatchObject({ code: "ALREADY_TAKEN", success: false });
    expect(both.body.errors.map(({ path }: { path: string }) => path)).toEqual([
      "username",
      "email",
    ]);
    const other = someRegistration({ email: first.email.toUpperCase() });
    const { status, body } = await register(other);
    expect([status, body.errors.map(({ path }: { path: string }) => path)]).toEqual([
      409,
      ["email"],
    ]);
    expect(await accounts.findOne({ username: other.username })).toBeNull();
    expect(await events.countDocuments({ type: "registration_failed", ip })).toBe(2);
  });

  it("of racing registrations of one name one is made and the others are told which field", async () => {
    const registration = someRegistration();
    const answers = await Promise.all(Array.from({ length: 4 }, () => register(registration)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    expect(await accounts.countDocuments({ username: registration.username })).toBe(1);
  });

  it.each([
    ["a common password", { password: "password1" }, "password"],
    ["a password of 7 characters", { password: "xkcd936" }, "password"],
    ["a password of 129 characters", { password: "correct horse".repeat(10) }, "password"],
    ["a password with NUL", { password: "correct\0horse" }, "password"],
    ["a password that is an operator", { password: { $gt: "" } }, "password"],
    ["a username of 2 letters", { username: "ab" }, "username"],
    ["a username with a space", { username: "ada l" }, "username"],
    ["a username of signs only", { username: "_-_" }, "username"],
    ["a username with a Cyrillic letter among Latin ones", { username: "аda_l" }, "username"],
    ["a username in full-width letters", { username: "ａｄａ" }, "username"],
    ["a username of half a character", { username: "ada\ud800" }, "username"],
    ["a null username", { username: null }, "username"],
    ["an address without a domain", { email: "ada@" }, "email"],
    ["an address of 255 characters", { email: `${"a".repeat(240)}@example.com` }, "email"],
    ["an address with 65 characters before the @", { email: `${"a".repeat(65)}@b.co` }, "email"],
    ["a blank name", { name: "   " }, "name"],
    ["a name with NUL", { name: "Ada\0" }, "name"],
    ["a name that turns its direction", { name: "Ada \u202egnp.exe" }, "name"],
    ["another user type", { user_type: "Admin" }, "user_type"],
    ["an about_me of 1001 characters", { about_me: "x".repeat(1001) }, "about_me"],
    ["hobbies of 501 characters", { hobbies: "x".repeat(501) }, "hobbies"],
    ["an unknown field", { is_admin: true }, "is_admin"],
  ])("422: %s, and nothing is made", async (_, change, path) => {
    const before = await accounts.estimatedDocumentCount();
    const { status, body } = await register(someRegistration(change));
    expect(status).toBe(422);
    expect(body.errors[0].path).toBe(path);
    expect(await accounts.estimatedDocumentCount()).toBe(before);
  });

  it("422: a password that holds the name or the mail name", async () => {
    const registration = someRegistration();
    const password = `my ${registration.username.toLowerCase()} 1`;
    const { status, body } = await register({ ...registration, password });
    expect([status, body.errors.length]).toEqual([422, 2]);
  });

  it("429: the eleventh account of one address in a day, with Retry-After; other addresses go on", async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => register(someRegistration())),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
    const again = await register(someRegistration());
    expect([again.status, again.body.code]).toEqual([429, "REGISTRATIONS_EXCEEDED"]);
    expect(Number(again.headers?.["Retry-After"])).toBeGreaterThan(80_000);
    ip = someAddress();
    expect((await register(someRegistration())).status).toBe(201);
  });

  it("429: an address that was refused 20 times in an hour", async () => {
    const taken = someRegistration();
    await register(taken);
    for (let count = 0; count < 20; count += 1) {
      expect((await register(taken)).status).toBe(409);
    }
    const { status, headers } = await register(someRegistration());
    expect(status).toBe(429);
    expect(Number(headers?.["Retry-After"])).toBeLessThanOrEqual(3_600);
  });

  it("takes two round trips, one after the other, and the clock is read beside the hash", async () => {
    await settings.current();
    const commands = await commandsOf(database, () => register(someRegistration()));
    expect(commands).toEqual(["bulkWrite", "hello", "bulkWrite"]);
  });
});
