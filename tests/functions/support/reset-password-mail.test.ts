import { beforeEach, describe, expect, it } from "@jest/globals";
import type { ObjectId } from "mongodb";
import { accountsCollection, type StoredAccount } from "../../../lib/accounts/document.ts";
import { collections } from "../../../lib/collections.ts";
import { migrate } from "../../../lib/db/migrate.ts";
import { signedIn } from "../../support/accounts.ts";
import { ask } from "../../support/ask.ts";
import { testDatabase } from "../../support/database.ts";
import { loadFunction } from "../../support/functions.ts";
import { awsEnvironment, sesAnswers, sesServer } from "../../support/ses.ts";
import { signedInStaff, superAdmin, supportOf } from "../../support/staff.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, collections);
const accounts = db.collection<StoredAccount>(accountsCollection.name);
const ses = await sesServer();
const env = {
  ...awsEnvironment,
  MONGODB_URI: uri,
  MONGODB_DATABASE: name,
  MAIL_FROM: "no-reply@example.com",
  SES_ENDPOINT: ses.url,
};
const handler = await loadFunction("support/users/reset-password", env);
const update = await loadFunction("admin-panel/users/update", env);
const { token } = await signedInStaff(db, supportOf("support"));
const { token: adminToken } = await signedInStaff(db, superAdmin);
const events = db.collection("securityEvents");

beforeEach(() => ses.answer(sesAnswers.accept));

const reset = (id: ObjectId, body: unknown = {}) =>
  ask(handler, { token, path: { id: id.toHexString() }, body });

describe("POST /v1/support/users/{id}/reset-password, where mail is set up", () => {
  it("200: mails a link, and nobody of staff ever sees a password", async () => {
    const { account } = await signedIn(db);
    const { status, body } = await reset(account._id);
    expect(status).toBe(200);
    expect(body.data).toEqual({ updated_fields: [], mail: "sent", one_time_password: null });
    expect(ses.mailsTo(account.email)).toHaveLength(1);
    const now = await accounts.findOne({ _id: account._id });
    expect(now).toMatchObject({ passwordHash: account.passwordHash, sessions: account.sessions });
    const [link = ""] = /pep_\w+/.exec(ses.mailsTo(account.email)[0]?.text ?? "") ?? [];
    expect(link).not.toBe("");
    const recorded = await events.find({ subject: account._id }).toArray();
    expect(recorded).toMatchObject([
      { type: "password_reset_requested", actor: { kind: "staff" }, details: { mail: "sent" } },
    ]);
    expect(JSON.stringify([body, recorded])).not.toContain(link);
  });

  it("200: a mail service that fails gets it later", async () => {
    const { account } = await signedIn(db);
    ses.answer(sesAnswers.drop);
    expect((await reset(account._id)).body.data.mail).toBe("queued");
  });

  it("422: takes no password: it would be one that somebody else knows", async () => {
    const { account } = await signedIn(db);
    const { status, body } = await reset(account._id, { new_password: "for one use only" });
    expect({ status, errors: body.errors }).toMatchObject({
      status: 422,
      errors: [{ path: "new_password" }],
    });
    expect(ses.mailsTo(account.email)).toEqual([]);
  });

  it("429: too many links in a day", async () => {
    const { account } = await signedIn(db);
    const statuses: number[] = [];
    for (let count = 0; count < 12; count += 1) statuses.push((await reset(account._id)).status);
    expect(statuses[0]).toBe(200);
    expect(statuses.at(-1)).toBe(429);
  });

  it("422: an address that the service refuses for good", async () => {
    const { account } = await signedIn(db);
    ses.answer((response) => sesAnswers.refuse(400, "MessageRejected")(response));
    expect(await reset(account._id)).toMatchObject({
      status: 422,
      body: { code: "EMAIL_REJECTED" },
    });
  });

  it("409: a suspended user, who could not use it", async () => {
    const { account } = await signedIn(db, { status: "suspended" });
    expect(await reset(account._id)).toMatchObject({
      status: 409,
      body: { code: "USER_SUSPENDED" },
    });
  });
});

describe("PUT /v1/admin-panel/users/{id}, where mail is set up", () => {
  it("200: tells the address before of another one", async () => {
    const { account } = await signedIn(db);
    const body = { email: `new-${account.email}` };
    const path = { id: account._id.toHexString() };
    expect((await ask(update, { token: adminToken, path, body })).status).toBe(200);
    expect(ses.mailsTo(account.email)).toMatchObject([
      { subject: "Your email address was changed" },
    ]);
    expect(ses.mailsTo(body.email)).toEqual([]);
  });
});
