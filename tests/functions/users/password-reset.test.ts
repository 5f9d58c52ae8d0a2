import { beforeEach, describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import { lockKeys } from "../../../lib/accounts/attempts.ts";
import { accountsCollection, type StoredAccount } from "../../../lib/accounts/document.ts";
import { collections } from "../../../lib/collections.ts";
import { migrate } from "../../../lib/db/migrate.ts";
import { newKey } from "../../../lib/keys/new-key.ts";
import { makeToken } from "../../../lib/security/token.ts";
import { signedIn } from "../../support/accounts.ts";
import { ask } from "../../support/ask.ts";
import { testDatabase } from "../../support/database.ts";
import { loadFunction } from "../../support/functions.ts";
import { someAddress } from "../../support/people.ts";
import { awsEnvironment, sesAnswers, sesServer } from "../../support/ses.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, collections);
const accounts = db.collection<StoredAccount>(accountsCollection.name);
const throttle = db.collection<{ _id: string }>("loginThrottle");
const ses = await sesServer();

const env = {
  ...awsEnvironment,
  MONGODB_URI: uri,
  MONGODB_DATABASE: name,
  MAIL_FROM: "no-reply@example.com",
  SES_ENDPOINT: ses.url,
  APP_URL: "https://app.example/",
};
const request = await loadFunction("users/password-reset/request", env);
const confirm = await loadFunction("users/password-reset/confirm", env);
const { passwords, settings } = await import("../../../lib/runtime.ts");

beforeEach(() => ses.answer(sesAnswers.accept));

const newPassword = "correct horse battery staple";
const stored = (id: ObjectId) => accounts.findOne({ _id: id });
const eventsOf = (id: ObjectId) => db.collection("securityEvents").find({ subject: id }).toArray();
const tokenTo = (address: string): string => {
  const text = ses.mailsTo(address).findLast(({ text }) => text.includes("#token="))?.text ?? "";
  return /https:\/\/app\.example\/reset-password#token=(pep_\w+)/.exec(text)?.[1] ?? "";
};

/** An account that has asked for a link, without the wait that hides whether there is one. */
async function asked(changes: Partial<StoredAccount> = {}) {
  const person = await signedIn(db, changes);
  const { mailer } = await import("../../../lib/runtime.ts");
  await mailer.send({ account: person.account._id, purpose: "passwordReset" });
  return { ...person, token: tokenTo(person.account.email) };
}
const confirmation = (token: string, password = newPassword) =>
  ask(confirm, { body: { token, new_password: password } });

describe("POST /v1/users/password-reset", () => {
  it("200: the same answer in the same time, whether an account has the address or not", async () => {
    const { account } = await signedIn(db);
    const times: number[] = [];
    const timed = async (email: string) => {
      const startedAt = performance.now();
      const answer = await ask(request, { body: { email } });
      times.push(performance.now() - startedAt);
      return answer;
    };
    const [known, unknown] = await Promise.all([
      timed(account.email.toUpperCase()),
      timed("nobody@example.com"),
    ]);
    expect(known).toMatchObject({ status: 200, body: { success: true, data: null } });
    expect(unknown.body).toEqual(known.body);
    expect(Math.min(...times)).toBeGreaterThan(2_400);
    expect(Math.max(...times)).toBeLessThan(5_000);

    expect(ses.mailsTo(account.email)).toHaveLength(1);
    expect(tokenTo(account.email)).toMatch(/^pep_\w{71}$/);
    expect(JSON.stringify(await stored(account._id))).not.toContain(tokenTo(account.email));
    expect(await eventsOf(account._id)).toMatchObject([
      { type: "password_reset_requested", severity: "info", details: { mail: "sent" } },
    ]);
  });

  it("200: queues the link when mail fails; sends none to an account that is suspended, nor a sixth on one day", async () => {
    const [queued, suspended, eager] = await Promise.all([
      signedIn(db),
      signedIn(db, { status: "suspended" }),
      signedIn(db),
    ]);
    const day = new Date().toISOString().slice(0, 10);
    const sends = { passwordReset: { day, count: 5, lastAt: new Date() } };
    await accounts.updateOne({ _id: eager.account._id }, { $set: { sends } });
    ses.answer(sesAnswers.drop);
    const answers = await Promise.all(
      [queued, suspended, eager].map(({ account }) =>
        ask(request, { body: { email: account.email } }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const rows = await db.collection("emailOutbox").find().toArray();
    expect(rows.map(({ account }) => account)).toEqual([queued.account._id]);
    expect(await eventsOf(suspended.account._id)).toEqual([]);
    expect(await eventsOf(eager.account._id)).toEqual([]);
  });

  it("429: after as many links asked for from one address as registrations may be refused", async () => {
    const { account } = await signedIn(db);
    const ip = someAddress();
    const askFor = (email: string) => ask(request, { body: { email }, ip });
    const { refusedPerHour } = (await settings.current()).registration;
    const first = Array.from({ length: refusedPerHour }, (_, at) => `no${at}@example.com`);
    const answers = await Promise.all(first.map(askFor));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    for (const email of [account.email, "nobody@example.com"]) {
      const { status, body, headers } = await askFor(email);
      expect([status, body.code]).toEqual([429, "RATE_LIMIT_EXCEEDED"]);
      expect(Number(headers?.["Retry-After"])).toBeGreaterThan(3_500);
    }
    expect(ses.mailsTo(account.email)).toEqual([]);
  });

  it.each<[string, unknown]>([
    ["no body", undefined],
    ["no address", {}],
    ["null", { email: null }],
    ["an operator", { email: { $gt: "" } }],
    ["an empty address", { email: "" }],
    ["an over-long address", { email: `${"a".repeat(250)}@example.com` }],
    ["an unknown field", { email: "a@example.com", x: 1 }],
  ])("422: %s", async (_, body) => {
    expect((await ask(request, { body })).status).toBe(422);
  });
});

describe("POST /v1/users/password-reset/confirm", () => {
  it("200: sets the password, ends sessions, codes and a change of address, records it and tells the address", async () => {
    const { account, token } = await asked({
      passwordIsTemporary: true,
      pendingEmail: "thief@example.com",
    });
    const answer = await confirmation(token);
    expect(answer).toMatchObject({ status: 200, body: { success: true, data: null } });
    const after = await stored(account._id);
    expect(after).toMatchObject({ sessions: [], codes: {}, keys: account.keys });
    expect(after).not.toHaveProperty("passwordIsTemporary");
    expect(after).not.toHaveProperty("pendingEmail");
    const cost = (await settings.current()).passwords.argon2id;
    expect(await passwords.verify(newPassword, after?.passwordHash, cost)).toBe(true);
    expect(await eventsOf(account._id)).toMatchObject([
      { type: "password_reset", severity: "warning", details: {} },
    ]);
    expect(ses.mailsTo(account.email).at(-1)?.subject).toBe("Your password was changed");
  });

  it("200: keeps the keys of a verified account, and ends those of one that a stranger may have registered", async () => {
    const key = newKey({ accountId: new ObjectId(), now: new Date(), name: "k", scopes: ["chat"] });
    for (const verified of [true, false]) {
      const { account, token } = await asked({ verified, keys: [key.stored] });
      expect((await confirmation(token)).status).toBe(200);
      expect((await stored(account._id))?.keys).toHaveLength(verified ? 1 : 0);
    }
  });

  it("200: ends a lock of either name, and of proofs of the password", async () => {
    const { account, token } = await asked();
    const proof = { counted: 5, until: new Date(Date.now() + 3_600_000), open: [] };
    await accounts.updateOne({ _id: account._id }, { $set: { proof } });
    const locks = lockKeys(account).map((_id) => ({
      _id,
      counted: 5,
      until: new Date(Date.now() + 3_600_000),
      open: [],
    }));
    await throttle.insertMany(locks);
    await confirmation(token);
    const left = await throttle.countDocuments({ _id: { $in: locks.map(({ _id }) => _id) } });
    expect(left).toBe(0);
    expect(await stored(account._id)).not.toHaveProperty("proof");
  });

  it("400: a link that was used", async () => {
    const { account, token } = await asked();
    const answers = await Promise.all([confirmation(token), confirmation(token)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400]);
    expect(await confirmation(token)).toMatchObject({
      status: 400,
      body: { code: "RESET_TOKEN_INVALID", success: false },
    });
    expect(await eventsOf(account._id)).toHaveLength(1);
  });

  it.each<[string, Record<string, unknown>]>([
    ["that has expired", { "codes.passwordReset.expiresAt": new Date(Date.now() - 1_000) }],
    ["of an account that is suspended", { status: "suspended" }],
  ])("400: a link %s", async (_, change) => {
    const { account, token } = await asked();
    await accounts.updateOne({ _id: account._id }, { $set: change });
    const before = await stored(account._id);
    expect(await confirmation(token)).toMatchObject({ body: { code: "RESET_TOKEN_INVALID" } });
    expect(await stored(account._id)).toEqual(before);
  });

  it("400: a link that a newer one has replaced", async () => {
    const { account, token } = await asked();
    const { mailer } = await import("../../../lib/runtime.ts");
    await mailer.send({ account: account._id, purpose: "passwordReset" });
    expect((await confirmation(token)).body.code).toBe("RESET_TOKEN_INVALID");
    expect((await confirmation(tokenTo(account.email))).status).toBe(200);
  });

  it.each<[string, (token: string, accountId: string) => string]>([
    ["mistyped", (token) => `${token.slice(0, -1)}${token.endsWith("0") ? "1" : "0"}`],
    ["cut", (token) => token.slice(0, 40)],
    ["made up", (_, accountId) => makeToken("reset", { accountId, id: accountId }).text],
    ["of another kind", (_, accountId) => makeToken("session", { accountId, id: accountId }).text],
    ["of nobody", () => makeToken("reset", { accountId: "0".repeat(24), id: "0".repeat(24) }).text],
  ])("400: a token that is %s", async (_, change) => {
    const { account, token } = await asked();
    const wrong = change(token, account._id.toHexString());
    expect((await confirmation(wrong)).body.code).toBe("RESET_TOKEN_INVALID");
    expect((await confirmation(token)).status).toBe(200);
  });

  it.each<[string, string]>([
    ["short", "short"],
    ["common", "password123"],
    ["over-long", "long ".repeat(30)],
  ])("422: a password that is too %s, which leaves the link as it is", async (_, password) => {
    const { token } = await asked();
    expect(await confirmation(token, password)).toMatchObject({
      status: 422,
      body: { code: "VALIDATION_FAILED", errors: [{ path: "new_password" }] },
    });
    expect((await confirmation(token)).status).toBe(200);
  });

  it.each<[string, unknown]>([
    ["no body", undefined],
    ["no token", { new_password: newPassword }],
    ["no password", { token: "pep_x" }],
    ["an operator", { token: { $gt: "" }, new_password: newPassword }],
    ["an over-long token", { token: "p".repeat(257), new_password: newPassword }],
  ])("422: %s", async (_, body) => {
    expect((await ask(confirm, { body })).status).toBe(422);
  });
});
