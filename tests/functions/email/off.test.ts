import { describe, expect, it } from "@jest/globals";
import { collections } from "../../../lib/collections.ts";
import { migrate } from "../../../lib/db/migrate.ts";
import { signedIn } from "../../support/accounts.ts";
import { ask } from "../../support/ask.ts";
import { testDatabase } from "../../support/database.ts";
import { loadFunction } from "../../support/functions.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, collections);
const env = { MONGODB_URI: uri, MONGODB_DATABASE: name, MAIL_FROM: "" };
const send = await loadFunction("email/send-verification", env);
const resend = await loadFunction("email/resend", env);
const verify = await loadFunction("email/verify", env);
const status = await loadFunction("email/status", env);

describe("where verification is switched off", () => {
  it.each([
    ["POST /v1/email/send-verification", send, {}],
    ["POST /v1/email/resend", resend, {}],
    ["POST /v1/email/verify", verify, { otp_code: "123456" }],
  ])("400: %s", async (_, handler, body) => {
    const { tokens } = await signedIn(db, { verified: false });
    expect(await ask(handler, { token: tokens.session_token, body })).toMatchObject({
      status: 400,
      body: { code: "VERIFICATION_OFF" },
    });
  });

  it("200: GET /v1/email/status says so", async () => {
    const { tokens } = await signedIn(db);
    const answer = await ask(status, { token: tokens.session_token });
    expect(answer.body).toMatchObject({ is_verified: true, verification_enabled: false });
  });
});

describe("where no mail service is set up", () => {
  it.each([
    ["POST /v1/email/send-verification", send],
    ["POST /v1/email/resend", resend],
  ])("503: %s for a new address", async (_, handler) => {
    const { tokens } = await signedIn(db, { pendingEmail: "new@example.com" });
    expect(await ask(handler, { token: tokens.session_token, body: {} })).toMatchObject({
      status: 503,
      body: { code: "EMAIL_UNAVAILABLE" },
    });
  });
});
