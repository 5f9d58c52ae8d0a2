import { beforeAll, describe, expect, it } from "@jest/globals";
import { accountsCollection, type StoredAccount } from "../../lib/accounts/document.ts";
import { register } from "../../lib/accounts/register.ts";
import { Registration } from "../../lib/accounts/rules.ts";
import { accountStore } from "../../lib/accounts/store.ts";
import { collections } from "../../lib/collections.ts";
import { databaseClock } from "../../lib/db/clock.ts";
import { migrate } from "../../lib/db/migrate.ts";
import type { Mail, Mailer } from "../../lib/email/mailer.ts";
import { throttleStore } from "../../lib/security/throttle/store.ts";
import { defaultSettings } from "../../lib/settings/rules.ts";
import { someRequest } from "../support/accounts.ts";
import { testDatabase } from "../support/database.ts";
import { someRegistration } from "../support/people.ts";

const { db } = await testDatabase();
beforeAll(() => migrate(db, collections));
const database = { run: <Result>(work: (one: typeof db) => Promise<Result>) => work(db) };

type MailOutcome = Awaited<ReturnType<Mailer["sendOrQueue"]>>;

const settings = {
  ...defaultSettings,
  registration: { ...defaultSettings.registration, credits: 40, plan: "basic" },
  verification: { ...defaultSettings.verification, required: true },
};

const registered = async (outcome: MailOutcome) => {
  const mails: Mail[] = [];
  const reply = await register(
    {
      accounts: accountStore(database),
      throttle: throttleStore(database),
      passwords: { hash: async () => "none" },
      settings: { current: async () => settings },
      mailer: {
        sendOrQueue: async (mail) => {
          mails.push(mail);
          return outcome;
        },
      },
      clock: databaseClock(database),
    },
    {
      registration: Registration.parse(someRegistration()),
      request: { ...someRequest, id: crypto.randomUUID() },
    },
  );
  const account = await db
    .collection<StoredAccount>(accountsCollection.name)
    .findOne({ username: reply.username });
  return { reply, mails, account };
};

describe("a registration where addresses must be verified", () => {
  it.each<MailOutcome>(["sent", "queued", "off", "refused"])(
    "succeeds whatever becomes of the mail, and says so: %s",
    async (outcome) => {
      const { reply, mails, account } = await registered(outcome);
      expect(reply).toMatchObject({ verification_required: true, verification_mail: outcome });
      expect(mails).toEqual([{ account: account?._id, purpose: "verification" }]);
      expect(account?.verified).toBe(false);
    },
  );

  it("gives what the settings say of the plan, and the credits as one ledger entry", async () => {
    const { account } = await registered("sent");
    expect(account).toMatchObject({
      plan: "basic",
      level: 2,
      allowance: { perDay: 50, used: 0 },
      conversations: { perDay: 100, used: 0 },
      balance: 40,
      postings: [],
    });
    const entries = await db.collection("ledger").find({ account: account?._id }).toArray();
    expect(entries).toMatchObject([{ kind: "sign-up", credits: { allowance: 0, balance: 40 } }]);
  });
});
