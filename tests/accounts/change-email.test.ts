import { beforeAll, describe, expect, it } from "@jest/globals";
import { proofAttempt } from "../../lib/accounts/attempts.ts";
import { changeEmail } from "../../lib/accounts/change-email.ts";
import { accountsCollection, type StoredAccount } from "../../lib/accounts/document.ts";
import { ownerStore } from "../../lib/accounts/owner-store.ts";
import { collections } from "../../lib/collections.ts";
import { migrate } from "../../lib/db/migrate.ts";
import type { Mail } from "../../lib/email/mailer.ts";
import { throttleStore } from "../../lib/security/throttle/store.ts";
import { parseToken } from "../../lib/security/token.ts";
import { sessionStore } from "../../lib/sessions/store.ts";
import { defaultSettings } from "../../lib/settings/rules.ts";
import { signedIn, someRequest } from "../support/accounts.ts";
import { testDatabase } from "../support/database.ts";

const { db } = await testDatabase();
beforeAll(() => migrate(db, collections));
const database = { run: <Result>(work: (one: typeof db) => Promise<Result>) => work(db) };
const accounts = db.collection<StoredAccount>(accountsCollection.name);

/** `meanwhile` happens while the password is verified. */
function world({
  off = false,
  required = false,
  refuses = false,
  meanwhile = async (): Promise<unknown> => undefined,
} = {}) {
  const mails: Mail[] = [];
  const verification = { ...defaultSettings.verification, required };
  const deps = {
    owners: ownerStore(database),
    throttle: throttleStore(database),
    passwords: {
      hash: async () => "none",
      verify: async () => {
        await meanwhile();
        return true;
      },
    },
    settings: { current: async () => ({ ...defaultSettings, verification }) },
    mailer: {
      off,
      sendOrQueue: async (mail: Mail) => {
        mails.push(mail);
        return refuses ? ("refused" as const) : ("sent" as const);
      },
    },
  };
  const change = async (newEmail: string, changes: Partial<StoredAccount> = {}) => {
    const code = {
      hash: "0".repeat(64),
      expiresAt: new Date(),
      tries: 0,
      email: "old@example.com",
    };
    const { account, session, tokens } = await signedIn(db, {
      codes: { verification: code },
      ...changes,
    });
    const request = { ...someRequest, id: crypto.randomUUID() };
    const token = parseToken("session", tokens.session_token);
    const attempt = proofAttempt(request, defaultSettings.login);
    const { proof } = (token && (await sessionStore(database).open(token, attempt))) ?? {};
    if (!proof) throw new Error("no session");
    const input = { account, session, newEmail, currentPassword: "right", proof, request };
    return { account, outcome: await changeEmail(deps, input) };
  };
  return { change, mails };
}

describe("a change of address with a mail service", () => {
  it.each([true, false])(
    "keeps the old address until the code comes, whether addresses must be verified (%p) or not",
    async (required) => {
      const { change, mails } = world({ required });
      const { account, outcome } = await change(`New.${required}@Example.com`);
      expect(outcome).toBe("awaits code");
      const stored = await accounts.findOne({ _id: account._id });
      expect(stored).toMatchObject({
        email: account.email,
        pendingEmail: `new.${required}@example.com`,
        verified: true,
        codes: {},
      });
      expect(mails).toEqual([
        { account: account._id, purpose: "verification" },
        { account: account._id, purpose: "emailChanged", to: account.email },
      ]);
      const events = await db.collection("securityEvents").find({ subject: account._id }).toArray();
      expect(events.map(({ type }) => type)).toEqual(["email_change_requested"]);
    },
  );
});

it("a change of address does not promise a code that was not sent", async () => {
  const { outcome } = await world({ refuses: true }).change("unsent@example.com");
  expect(outcome).toBe("awaits mail");
});

it("a change of address fails where addresses must be verified and mail is off", async () => {
  const { change, mails } = world({ off: true, required: true });
  await expect(change("new.off@example.com")).rejects.toMatchObject({ code: "EMAIL_UNAVAILABLE" });
  expect(mails).toEqual([]);
  expect(await accounts.countDocuments({ pendingEmail: "new.off@example.com" })).toBe(0);
});

it.each([true, false])(
  "a change of address is not made once the password is another, asked for before or not (mail off: %p)",
  async (off) => {
    const email = `before.${off}@example.com`;
    const pendingEmail = `again.${off}@example.com`;
    const meanwhile = () => accounts.updateOne({ email }, { $set: { passwordHash: "another" } });
    const { change, mails } = world({ off, meanwhile });
    await expect(change(pendingEmail, { email, pendingEmail })).rejects.toMatchObject({
      code: "WRONG_PASSWORD",
    });
    const stored = await accounts.findOne({ email });
    expect(stored).toMatchObject({ pendingEmail, verified: true });
    expect(stored).toHaveProperty("codes.verification");
    expect(mails).toEqual([]);
    expect(await db.collection("securityEvents").countDocuments({ subject: stored?._id })).toBe(0);
  },
);

describe("the account's own address", () => {
  const pendingEmail = "pending@example.com";

  it.each([
    ["with a mail service", {}],
    ["without one", { off: true, required: true }],
  ])("ends a change under way, and its code, %s", async (name, options) => {
    const { change, mails } = world(options);
    const email = `own.${name.length}@example.com`;
    const { account, outcome } = await change(email.toUpperCase(), { email, pendingEmail });
    expect(outcome).toBe("cancelled");
    const stored = await accounts.findOne({ _id: account._id });
    expect(stored).toMatchObject({ email, verified: true, codes: {} });
    expect(stored).not.toHaveProperty("pendingEmail");
    expect(stored?.sessions).toHaveLength(1);
    expect(mails).toEqual([]);
    const events = await db.collection("securityEvents").find({ subject: account._id }).toArray();
    expect(events.map(({ type }) => type)).toEqual(["email_change_cancelled"]);
  });

  it("is taken, by itself, if none is under way", async () => {
    const email = "own.idle@example.com";
    await expect(world().change(email, { email })).rejects.toMatchObject({ code: "ALREADY_TAKEN" });
  });
});
