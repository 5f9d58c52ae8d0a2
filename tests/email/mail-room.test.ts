import { afterAll, beforeEach, describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import { accountsCollection, type StoredAccount } from "../../lib/accounts/document.ts";
import { openDatabase } from "../../lib/db/connection.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { codeStore } from "../../lib/email/code-store.ts";
import { MailFailure, type MailFailureClass } from "../../lib/email/mail-failure.ts";
import { mailRoom } from "../../lib/email/mail-room.ts";
import type { Mail } from "../../lib/email/mailer.ts";
import type { Message } from "../../lib/email/message.ts";
import { oneTimeCodes } from "../../lib/email/one-time-code.ts";
import { type OutboxMail, outboxCollection } from "../../lib/email/outbox.ts";
import { outboxStore } from "../../lib/email/outbox-store.ts";
import { sendOutbox } from "../../lib/email/send-outbox.ts";
import type { Transport } from "../../lib/email/ses.ts";
import { derivedKeys } from "../../lib/security/derived-key.ts";
import { defaultSettings } from "../../lib/settings/rules.ts";
import { someAccount } from "../support/accounts.ts";
import { testDatabase } from "../support/database.ts";
import { memoryLog } from "../support/endpoint.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, [accountsCollection, outboxCollection]);
const accounts = db.collection<StoredAccount>(accountsCollection.name);
const queued = db.collection<OutboxMail>(outboxCollection.name);
const database = openDatabase({ uri: () => uri, name });
afterAll(() => database.close());

const codes = oneTimeCodes(derivedKeys(async () => "the secret of the tests, long enough"));
const outbox = outboxStore(database);
const { log, lines } = memoryLog();
const measures: { purpose: string; result: string }[] = [];
const sent: { to: string; message: Message }[] = [];
let failure: MailFailureClass | undefined;
const transport: Transport = {
  send: async (to, message) => {
    if (failure) throw new MailFailure(failure, new Error("told to"));
    sent.push({ to, message });
  },
};
const parts = {
  codes,
  store: codeStore(database),
  outbox,
  settings: { current: async () => defaultSettings },
  log,
  record: (measure: { purpose: string; result: string }) => void measures.push(measure),
  appUrl: undefined,
};
const mailer = mailRoom({ ...parts, transport });
const run = () => sendOutbox({ outbox, mailer }, { budget: 10_000 });

beforeEach(async () => {
  await queued.deleteMany({});
  for (const list of [sent, lines, measures]) list.length = 0;
  failure = undefined;
});

async function unverified(changes: Partial<StoredAccount> = {}): Promise<StoredAccount> {
  const account = someAccount({ verified: false, ...changes });
  await accounts.insertOne(account);
  return account;
}
const verification = (account: ObjectId): Mail => ({ account, purpose: "verification" });
const codeIn = ({ text }: Message): string => /^ {4}(\S+)$/m.exec(text)?.[1] ?? "";
const makeDue = () => queued.updateMany({}, { $set: { dueAt: new Date(Date.now() - 1_000) } });

describe("sendOrQueue", () => {
  it("sends a code that the account then holds", async () => {
    const { _id, email } = await unverified();
    expect(await mailer.sendOrQueue(verification(_id))).toBe("sent");
    const [mail] = sent;
    const stored = (await accounts.findOne({ _id }))?.codes.verification;
    expect(mail?.to).toBe(email);
    expect(stored?.hash).toBe(
      mail && (await codes.hash("verification", _id, codeIn(mail.message))),
    );
    expect(measures).toEqual([{ purpose: "verification", result: "sent" }]);
    expect(await queued.countDocuments()).toBe(0);
  });

  it.each<MailFailureClass>(["authentication", "throttled", "timeout", "network"])(
    "queues account and purpose, never a code, when sending fails as %s, and logs the class",
    async (mailClass) => {
      failure = mailClass;
      const { _id } = await unverified();
      expect(await mailer.sendOrQueue(verification(_id))).toBe("queued");
      const rows = await queued.find().toArray();
      const at = (await accounts.findOne({ _id }))?.sends.verification?.lastAt;
      expect(rows).toEqual([
        {
          _id: expect.any(ObjectId),
          account: _id,
          purpose: "verification",
          createdAt: at,
          dueAt: at,
          tries: 0,
        },
      ]);
      expect(lines).toMatchObject([{ level: "warn", fields: { class: mailClass, account: _id } }]);
      expect(measures).toEqual([{ purpose: "verification", result: mailClass }]);
    },
  );

  it("refuses, and does not queue, for an address that is rejected", async () => {
    failure = "rejected_address";
    const { _id } = await unverified();
    expect(await mailer.sendOrQueue(verification(_id))).toBe("refused");
    expect(await queued.countDocuments()).toBe(0);
    expect(lines).toMatchObject([{ level: "warn", fields: { class: "rejected_address" } }]);
  });

  it("refuses when there is nothing to verify, the account is gone, or the day's mails are used up", async () => {
    const { _id } = await unverified({ verified: true });
    expect(await mailer.sendOrQueue(verification(_id))).toBe("refused");
    expect(await mailer.sendOrQueue(verification(new ObjectId()))).toBe("refused");
    const eager = await unverified();
    const outcomes = [];
    for (let count = 0; count < 4; count += 1) {
      outcomes.push(await mailer.sendOrQueue(verification(eager._id)));
    }
    expect(outcomes).toEqual(["sent", "sent", "sent", "refused"]);
    expect(sent).toHaveLength(3);
  });

  it("says that mail is off, and changes nothing", async () => {
    const account = await unverified();
    const off = mailRoom({ ...parts, transport: undefined });
    expect(off.off).toBe(true);
    expect(await off.sendOrQueue(verification(account._id))).toBe("off");
    expect(await accounts.findOne({ _id: account._id })).toEqual(account);
  });

  it("never throws: what could be neither sent nor kept is logged as an error", async () => {
    const broken = { ...outbox, add: () => Promise.reject(new Error("full")) };
    failure = "timeout";
    const { _id } = await unverified();
    const room = mailRoom({ ...parts, outbox: broken, transport });
    expect(await room.sendOrQueue(verification(_id))).toBe("refused");
    expect(lines.at(-1)).toMatchObject({ level: "error", fields: { account: _id } });
  });

  it("sends a notice to the address it names, else to the account's", async () => {
    const { _id, email } = await unverified();
    const to = "old@example.com";
    expect(await mailer.sendOrQueue({ account: _id, purpose: "emailChanged", to })).toBe("sent");
    expect(await mailer.sendOrQueue({ account: _id, purpose: "passwordChanged" })).toBe("sent");
    expect(sent.map((mail) => mail.to)).toEqual([to, email]);
  });

  it("sends ten notices to an account on one day, however many are asked for at once, and retries are none of them", async () => {
    const { _id } = await unverified();
    const notice: Mail = { account: _id, purpose: "passwordChanged" };
    failure = "network";
    expect(await mailer.sendOrQueue(notice)).toBe("queued");
    failure = undefined;
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, () => mailer.sendOrQueue(notice)),
    );
    expect(outcomes.filter((outcome) => outcome === "sent")).toHaveLength(9);
    expect(outcomes.filter((outcome) => outcome === "refused")).toHaveLength(3);
    await makeDue();
    expect(await run()).toMatchObject({ sent: 1 });
    const yesterday = new Date(Date.now() - 24 * 3_600_000).toISOString().slice(0, 10);
    await accounts.updateOne({ _id }, { $set: { "sends.notice.day": yesterday } });
    expect(await mailer.sendOrQueue(notice)).toBe("sent");
  });
});

describe("the outbox job", () => {
  it("sends what was queued with a fresh code, without counting it against the day", async () => {
    failure = "throttled";
    const { _id } = await unverified();
    await mailer.sendOrQueue(verification(_id));
    const first = await accounts.findOne({ _id });
    failure = undefined;
    expect(await run()).toEqual({ sent: 1, refused: 0, off: 0, postponed: 0, given_up: 0 });
    const after = await accounts.findOne({ _id });
    expect(after?.codes.verification?.hash).not.toBe(first?.codes.verification?.hash);
    expect(after?.sends).toEqual(first?.sends);
    expect(sent).toHaveLength(1);
    expect(await queued.countDocuments()).toBe(0);
  });

  it("tries 5 times, each time later, and then gives up with an error in the log", async () => {
    failure = "network";
    const { _id } = await unverified();
    await mailer.sendOrQueue({ account: _id, purpose: "passwordReset" });
    const waits: number[] = [];
    for (let count = 1; count <= 4; count += 1) {
      await makeDue();
      expect(await run()).toMatchObject({ postponed: 1 });
      const dueAt = (await queued.findOne({}))?.dueAt.getTime() ?? 0;
      waits.push(Math.round((dueAt - Date.now()) / 60_000));
    }
    expect(waits).toEqual([5, 15, 60, 240]);
    await makeDue();
    expect(await run()).toMatchObject({ given_up: 1 });
    expect(await queued.countDocuments()).toBe(0);
    expect(lines.at(-1)).toMatchObject({ level: "error", message: "mail given up" });
    expect(measures).toHaveLength(6);
  });

  it("gives up a mail over which workers died, without another try", async () => {
    failure = "network";
    const { _id } = await unverified();
    await mailer.sendOrQueue(verification(_id));
    await queued.updateOne({}, { $set: { tries: 5 } });
    failure = undefined;
    expect(await run()).toMatchObject({ given_up: 1 });
    expect(sent).toHaveLength(0);
  });

  it("drops a mail whose address is rejected, that was overtaken by a newer one, or whose account is gone", async () => {
    const [rejected, overtaken, gone] = [
      await unverified(),
      await unverified(),
      await unverified(),
    ];
    failure = "timeout";
    for (const { _id } of [overtaken, gone]) await mailer.sendOrQueue(verification(_id));
    failure = undefined;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await mailer.sendOrQueue(verification(overtaken._id))).toBe("sent");
    const held = (await accounts.findOne({ _id: overtaken._id }))?.codes;
    await accounts.updateOne({ _id: gone._id }, { $set: { status: "deleting" } });
    expect(await run()).toMatchObject({ refused: 2, sent: 0 });
    expect((await accounts.findOne({ _id: overtaken._id }))?.codes).toEqual(held);

    failure = "timeout";
    await mailer.sendOrQueue(verification(rejected._id));
    failure = "rejected_address";
    expect(await run()).toMatchObject({ refused: 1 });
    expect(await queued.countDocuments()).toBe(0);
  });

  it("that runs twice at once sends each mail once", async () => {
    failure = "network";
    const people = await Promise.all(Array.from({ length: 10 }, () => unverified()));
    for (const { _id } of people) await mailer.sendOrQueue(verification(_id));
    failure = undefined;
    const counts = await Promise.all([run(), run(), run()]);
    expect(counts.reduce((all, { sent }) => all + sent, 0)).toBe(10);
    expect(sent.map(({ to }) => to).toSorted()).toEqual(
      people.map(({ email }) => email).toSorted(),
    );
  });

  it("leaves the outbox as it is where mail is off", async () => {
    failure = "network";
    await mailer.sendOrQueue(verification((await unverified())._id));
    const rows = await queued.find().toArray();
    const off = mailRoom({ ...parts, transport: undefined });
    expect(await sendOutbox({ outbox, mailer: off }, { budget: 10_000 })).toMatchObject({ off: 0 });
    expect(await queued.find().toArray()).toEqual(rows);
  });
});
