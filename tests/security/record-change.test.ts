import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, it, jest } from "@jest/globals";
import { type ClientInsertOneModel, type Document, ObjectId } from "mongodb";
import { migrate } from "../../lib/db/migrate.ts";
import { securityEvent, securityEventsCollection } from "../../lib/security/events.ts";
import { recordChange } from "../../lib/security/record-change.ts";
import { throttleCollection } from "../../lib/security/throttle/document.ts";
import { type Attempt, takeBackAttempt, throttleStore } from "../../lib/security/throttle/store.ts";
import { usageEventsCollection } from "../../lib/usage/event.ts";
import { testDatabase } from "../support/database.ts";

const { db } = await testDatabase();
const database = { run: <Result>(work: (one: typeof db) => Promise<Result>) => work(db) };
const throttle = throttleStore(database);
const throttles = db.collection<{ _id: string; open: unknown[] }>(throttleCollection.name);
const things = db.collection("things");
const events = db.collection(securityEventsCollection.name);

const usageEvents = db.collection<{ _id: string }>(usageEventsCollection.name);

beforeAll(() => migrate(db, [throttleCollection, securityEventsCollection]));

const attemptOf = (id: string): Attempt => ({
  key: randomUUID(),
  id,
  rule: { limit: 5, window: 60_000 },
});

/** The event of a request's usage, as far as a change takes it along. */
const usageOf = (id: string) => ({
  id,
  of: () => {},
  stands: jest.fn(),
  steps: (): ClientInsertOneModel<Document>[] => [
    {
      name: "insertOne",
      namespace: usageEvents.namespace,
      document: { _id: id } as Document,
    },
  ],
});

/** Changes a thing with two attempts under way, of which some are forgotten before. */
async function change({ fits, forgotten }: { fits: boolean; forgotten: number }) {
  const _id = new ObjectId();
  await things.insertOne({ _id, state: fits ? "as found" : "another" });
  const request = { id: randomUUID(), ip: "192.0.2.1", userAgent: undefined };
  const attempts = [attemptOf(request.id), attemptOf(request.id)];
  await throttle.reserve(...attempts);
  await throttles.deleteMany({ _id: { $in: attempts.slice(0, forgotten).map(({ key }) => key) } });
  const usage = usageOf(request.id);
  const event = securityEvent("login_successful", { request });
  const made = await recordChange(database, things.collectionName, {
    filter: { _id, state: "as found" },
    update: { $set: { state: "changed" } },
    event,
    usage,
    attempts: {
      over: (db) => attempts.map((attempt) => takeBackAttempt(db, attempt)),
      changed: { state: "changed" },
    },
  });
  return {
    made,
    state: (await things.findOne({ _id }))?.state,
    recorded: await events.countDocuments({ _id: event._id }),
    used: await usageEvents.countDocuments({ _id: request.id }),
    told: usage.stands.mock.calls.length,
    open: (
      await throttles.find({ _id: { $in: attempts.map(({ key }) => key) } }).toArray()
    ).flatMap((one) => one.open),
  };
}

/** What a change leaves: all of it, or nothing. Its attempts are over in any case. */
const traces = (made: boolean) => ({
  made,
  state: made ? "changed" : "another",
  recorded: made ? 1 : 0,
  used: made ? 1 : 0,
  told: made ? 1 : 0,
  open: [],
});

describe("a recorded change", () => {
  it.each([0, 1, 2])(
    "is made and recorded also where %d of its attempts were forgotten",
    async (forgotten) => {
      expect(await change({ fits: true, forgotten })).toEqual(traces(true));
    },
  );

  it.each([0, 1, 2])(
    "of what is not as it was found leaves nothing, with %d of its attempts forgotten",
    async (forgotten) => {
      expect(await change({ fits: false, forgotten })).toEqual(traces(false));
    },
  );
});
