import { beforeEach, describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import { accountsCollection, type StoredAccount } from "../../../lib/accounts/document.ts";
import { collections } from "../../../lib/collections.ts";
import { migrate } from "../../../lib/db/migrate.ts";
import { signedIn } from "../../support/accounts.ts";
import { ask } from "../../support/ask.ts";
import { commandsOf, monitored } from "../../support/commands.ts";
import { testDatabase } from "../../support/database.ts";
import { loadFunction } from "../../support/functions.ts";
import { awsEnvironment, sesAnswers, sesServer } from "../../support/ses.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, collections);
const accounts = db.collection<StoredAccount>(accountsCollection.name);
const events = db.collection("securityEvents");
const outbox = db.collection("emailOutbox");
const ses = await sesServer();

const env = {
  ...awsEnvironment,
  MONGODB_URI: monitored(uri),
  MONGODB_DATABASE: name,
  MAIL_FROM: "no-reply@example.com",
  SES_ENDPOINT: ses.url,
  EMAIL_VERIFICATION_ENABLED: "true",
};
const send = await loadFunction("email/send-verification", env);
const resend = await loadFunction("email/resend", env);
const verify = await loadFunction("email/verify", env);
const status = await loadFunction("email/status", env);
const sendOutbox = (await loadFunction("jobs/send-outbox", env)) as unknown as () => Promise<
  Record<string, number>
>;
const { database, settings } = await import("../../../lib/runtime.ts");

beforeEach(() => ses.answer(sesAnswers.accept));

async function newcomer(changes: Partial<StoredAccount> = {}) {
  const { account, session, tokens } = await signedIn(db, { verified: false, ...changes });
  return { account, session, token: tokens.session_token };
}
const newestCode = (address: string): string =>
  /^ {4}(\d{6})$/m.exec(ses.mailsTo(address).at(-1)?.text ?? "")?.[1] ?? "";
const otherThan = (code: string): string => (code === "000000" ? "000001" : "000000");
const stored = (id: ObjectId) => accounts.findOne({ _id: id });
const eventsOf = (id: ObjectId) => events.find({ subject: id }).toArray();
const asIfSentEarlier = (id: ObjectId, minutes: number) =>
  accounts.updateOne({ _id: id }, [
    {
      $set: {
        "sends.verification.lastAt": {
          $subtract: ["$sends.verification.lastAt", minutes * 60_000],
        },
      },
    },
  ]);

describe.each([
  ["POST /v1/email/send-verification", send],
  ["POST /v1/email/resend", resend],
])("%s", (_, handler) => {
  it("200: mails a code and says when it ends", async () => {
    const { account, token } = await newcomer();
    const answer = await ask(handler, { token, body: {} });
    expect(answer).toMatchObject({ status: 200, body: { success: true } });
    const code = (await stored(account._id))?.codes.verification;
    expect(answer.body.expires_at).toBe(code?.expiresAt.toISOString());
    expect(newestCode(account.email)).toMatch(/^\d{6}$/);
    expect(JSON.stringify([answer, await stored(account._id)])).not.toContain(
      newestCode(account.email),
    );
  });

  it("200: without an end when the mail is queued, and the job sends it later", async () => {
    ses.answer(sesAnswers.refuse(503, "ServiceUnavailable"));
    const { account, token } = await newcomer();
    const answer = await ask(handler, { token, body: {} });
    expect(answer).toMatchObject({ status: 200, body: { success: true, expires_at: null } });
    expect(ses.mailsTo(account.email)).toEqual([]);
    expect(await outbox.countDocuments({ account: account._id })).toBe(1);

    ses.answer(sesAnswers.accept);
    expect(await sendOutbox()).toMatchObject({ sent: 1 });
    const proof = { token, body: { otp_code: newestCode(account.email) } };
    expect((await ask(verify, proof)).status).toBe(200);
  });

  it("400: malformed JSON", async () => {
    const { token } = await newcomer();
    const { apiEvent, lambdaContext } = await import("../../support/api-event.ts");
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    const answer = await handler(apiEvent({ method: "POST", headers, body: "{" }), lambdaContext());
    expect(answer.statusCode).toBe(400);
  });

  it("401: without a session", async () => {
    expect(await ask(handler, { body: {} })).toMatchObject({
      status: 401,
      body: { code: "AUTHENTICATION_REQUIRED", success: false },
    });
  });

  it("409: the address is verified already", async () => {
    const { token } = await newcomer({ verified: true });
    expect(await ask(handler, { token, body: {} })).toMatchObject({
      status: 409,
      body: { code: "ALREADY_VERIFIED", success: false },
    });
  });

  it("422: no body, or something in it", async () => {
    const { token } = await newcomer();
    expect((await ask(handler, { token })).status).toBe(422);
    expect(await ask(handler, { token, body: { email: "x" } })).toMatchObject({
      status: 422,
      body: { errors: [{ path: "email" }] },
    });
  });

  it("422: the mail service refuses the address, and nothing is queued", async () => {
    ses.answer(sesAnswers.refuse(400, "MessageRejected"));
    const { account, token } = await newcomer();
    expect(await ask(handler, { token, body: {} })).toMatchObject({
      status: 422,
      body: { code: "EMAIL_REJECTED" },
    });
    expect(await outbox.countDocuments({ account: account._id })).toBe(0);
  });

  it("429: a fourth mail on one day, with the time until the next", async () => {
    const { account, token } = await newcomer();
    for (let count = 0; count < 3; count += 1) {
      expect((await ask(handler, { token, body: {} })).status).toBe(200);
      await asIfSentEarlier(account._id, 5);
    }
    const answer = await ask(handler, { token, body: {} });
    expect(answer).toMatchObject({ status: 429, body: { code: "EMAIL_LIMIT_REACHED" } });
    expect(Number(answer.headers?.["Retry-After"])).toBeGreaterThan(0);
    expect(Number(answer.headers?.["Retry-After"])).toBeLessThanOrEqual(86_400);
    expect(ses.mailsTo(account.email)).toHaveLength(3);
  });
});

describe("POST /v1/email/send-verification", () => {
  it("takes two round trips, and one for its usage event", async () => {
    const { token } = await newcomer();
    await settings.current();
    const commands = await commandsOf(database, () => ask(send, { token, body: {} }));
    expect(commands).toEqual(["findAndModify", "findAndModify", "bulkWrite"]);
  });
});

describe("POST /v1/email/resend", () => {
  it("429: within five minutes of the last mail, then 200", async () => {
    const { account, token } = await newcomer();
    await ask(send, { token, body: {} });
    const answer = await ask(resend, { token, body: {} });
    expect(answer).toMatchObject({ status: 429, body: { code: "EMAIL_LIMIT_REACHED" } });
    expect(Number(answer.headers?.["Retry-After"])).toBeGreaterThan(290);
    expect(Number(answer.headers?.["Retry-After"])).toBeLessThanOrEqual(300);
    await asIfSentEarlier(account._id, 5);
    expect((await ask(resend, { token, body: {} })).status).toBe(200);
  });

  it("makes the code before it worthless", async () => {
    const { account, token } = await newcomer();
    await ask(send, { token, body: {} });
    const first = newestCode(account.email);
    await asIfSentEarlier(account._id, 5);
    await ask(resend, { token, body: {} });
    if (newestCode(account.email) === first) return;
    const answer = await ask(verify, { token, body: { otp_code: first } });
    expect(answer.body.code).toBe("CODE_WRONG");
  });
});

describe("POST /v1/email/verify", () => {
  async function sent(changes: Partial<StoredAccount> = {}) {
    const person = await newcomer(changes);
    await ask(send, { token: person.token, body: {} });
    return { ...person, code: newestCode(changes.pendingEmail ?? person.account.email) };
  }

  it("200: verifies the address with its code, once, records it, and takes two round trips", async () => {
    const { account, token, code } = await sent();
    await settings.current();
    let answer: Awaited<ReturnType<typeof ask>> | undefined;
    const commands = await commandsOf(database, async () => {
      answer = await ask(verify, { token, body: { otp_code: ` ${code} ` } });
    });
    expect(commands).toEqual(["findAndModify", "bulkWrite"]);
    expect(answer?.body).toEqual({
      success: true,
      message: expect.any(String),
      expires_at: null,
    });
    expect(await stored(account._id)).toMatchObject({ verified: true, codes: {} });
    expect(await eventsOf(account._id)).toMatchObject([
      { type: "email_verified", severity: "info", ip: "203.0.113.7", details: {} },
    ]);
    const again = await ask(verify, { token, body: { otp_code: code } });
    expect(again).toMatchObject({ status: 409, body: { code: "ALREADY_VERIFIED" } });
  });

  it("200: puts a new address in the place of the old one, and ends other sessions and links", async () => {
    const pendingEmail = `${new ObjectId()}@example.com`;
    const { account, session, token, code } = await sent({ verified: true, pendingEmail });
    const other = { ...session, id: new ObjectId(), hash: "0".repeat(64) };
    await accounts.updateOne({ _id: account._id }, { $push: { sessions: other } });
    expect((await ask(verify, { token, body: { otp_code: code } })).status).toBe(200);
    const after = await stored(account._id);
    expect(after).toMatchObject({ email: pendingEmail, verified: true, codes: {} });
    expect(after).not.toHaveProperty("pendingEmail");
    expect(after?.sessions.map(({ id }) => id)).toEqual([session.id]);
    expect(await eventsOf(account._id)).toMatchObject([
      { type: "email_changed", severity: "warning" },
    ]);
  });

  it("400: a wrong code, and at the sixth try even the right one", async () => {
    const { account, token, code } = await sent();
    const wrong = otherThan(code);
    for (let tries = 1; tries <= 5; tries += 1) {
      const answer = await ask(verify, { token, body: { otp_code: wrong } });
      expect(answer).toMatchObject({ status: 400, body: { code: "CODE_WRONG", success: false } });
    }
    const answer = await ask(verify, { token, body: { otp_code: code } });
    expect(answer).toMatchObject({ status: 400, body: { code: "CODE_EXPIRED" } });
    expect(await stored(account._id)).toMatchObject({ verified: false });
    expect(await eventsOf(account._id)).toEqual([]);
  });

  it("400: of a hundred wrong codes at once five count, and the right one after them is worthless", async () => {
    const { account, token, code } = await sent();
    const wrong = { token, body: { otp_code: otherThan(code) } };
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(verify, wrong)));
    const codes = answers.map(({ body }) => body.code);
    expect(codes.filter((one) => one === "CODE_WRONG")).toHaveLength(5);
    expect(codes.filter((one) => one === "CODE_EXPIRED")).toHaveLength(95);
    expect((await stored(account._id))?.codes.verification?.tries).toBe(5);
    const right = await ask(verify, { token, body: { otp_code: code } });
    expect(right.body.code).toBe("CODE_EXPIRED");
  });

  it("of two right codes at once one verifies, and one event says so", async () => {
    const { account, token, code } = await sent();
    const right = { token, body: { otp_code: code } };
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(verify, right)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const { status } of answers) expect([200, 400, 409]).toContain(status);
    expect(await eventsOf(account._id)).toHaveLength(1);
  });

  it.each<[string, Record<string, unknown>]>([
    ["has expired", { "codes.verification.expiresAt": new Date(Date.now() - 1_000) }],
    ["went to another address", { "codes.verification.email": "other@example.com" }],
  ])("400: a code that %s", async (_, change) => {
    const { account, token, code } = await sent();
    await accounts.updateOne({ _id: account._id }, { $set: change });
    const answer = await ask(verify, { token, body: { otp_code: code } });
    expect(answer).toMatchObject({ status: 400, body: { code: "CODE_EXPIRED" } });
  });

  it("400: a code that was never sent", async () => {
    const { token } = await newcomer();
    const answer = await ask(verify, { token, body: { otp_code: "123456" } });
    expect(answer).toMatchObject({ status: 400, body: { code: "CODE_EXPIRED" } });
  });

  it("401: without a session", async () => {
    expect((await ask(verify, { body: { otp_code: "123456" } })).status).toBe(401);
  });

  it("409: another account has the new address by now, and nothing changes", async () => {
    const pendingEmail = `${new ObjectId()}@example.com`;
    const { account, token, code } = await sent({ verified: true, pendingEmail });
    await newcomer({ email: pendingEmail });
    const before = await stored(account._id);
    const answer = await ask(verify, { token, body: { otp_code: code } });
    expect(answer).toMatchObject({
      status: 409,
      body: { code: "ALREADY_TAKEN", errors: [{ path: "email" }] },
    });
    expect(await stored(account._id)).toEqual(before);
    expect(await eventsOf(account._id)).toEqual([]);
  });

  it.each<[string, unknown]>([
    ["missing", {}],
    ["null", { otp_code: null }],
    ["a number", { otp_code: 123456 }],
    ["empty", { otp_code: "  " }],
    ["too long", { otp_code: "1".repeat(65) }],
    ["an operator", { otp_code: { $gt: "" } }],
  ])("422: a code that is %s, which costs no try", async (_, body) => {
    const { account, token } = await sent();
    expect((await ask(verify, { token, body })).status).toBe(422);
    expect((await stored(account._id))?.codes.verification?.tries).toBe(0);
  });
});

describe("GET /v1/email/status", () => {
  it("200: says what is verified and what must be, after one round trip; the other is for its usage event", async () => {
    const { account, token } = await newcomer();
    await settings.current();
    let answer: Awaited<ReturnType<typeof ask>> | undefined;
    const commands = await commandsOf(database, async () => {
      answer = await ask(status, { token });
    });
    expect(commands).toEqual(["findAndModify", "bulkWrite"]);
    expect(answer).toMatchObject({ status: 200 });
    expect(answer?.body).toEqual({
      success: true,
      is_verified: false,
      email: account.email,
      verification_enabled: true,
      verification_required_for_api: true,
    });
  });

  it("401: without a session", async () => {
    expect((await ask(status, {})).status).toBe(401);
  });
});
