import { afterAll, describe, expect, it } from "@jest/globals";
import { BSON, ObjectId } from "mongodb";
import type { StoredAccount } from "../../lib/accounts/document.ts";
import { recordedChange } from "../../lib/accounts/recorded-change.ts";
import { collections } from "../../lib/collections.ts";
import { openDatabase } from "../../lib/db/connection.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { Failure } from "../../lib/errors.ts";
import { type UsageEvent, UsageFacts } from "../../lib/usage/event.ts";
import { usageEventStore } from "../../lib/usage/event-store.ts";
import { usageRecorder } from "../../lib/usage/request-usage.ts";
import { someAccount } from "../support/accounts.ts";
import { embeddedServer } from "../support/embedded.ts";
import { memoryLog } from "../support/endpoint.ts";

// Of its own, because replies get lost here.
const { db, uri, client } = await embeddedServer();
await migrate(db, collections);
const database = openDatabase({ uri: () => uri, name: "test" });
afterAll(() => database.close());
const events = db.collection<UsageEvent>("usageEvents");
const store = usageEventStore(database);

let made = 0;

/** A request of somebody, whose event goes through `insert`. */
function someUsage(insert: typeof store.insert = store.insert) {
  const { log, lines } = memoryLog();
  const counted: Record<string, number> = {};
  const waits: number[] = [];
  const open = usageRecorder({
    events: { insert },
    count: (name, count) => {
      counted[name] = (counted[name] ?? 0) + count;
    },
    pause: async (milliseconds) => waits.push(milliseconds),
  });
  made += 1;
  const usage = open({
    id: `request-${made}`,
    clientRequestId: "theirs",
    method: "PUT",
    route: "/v1/users/profile",
    ip: "203.0.113.7",
    userAgent: undefined,
    log,
    size: 12,
  });
  const account = { _id: new ObjectId(), username: "ada" };
  const now = new Date("2026-06-10T12:00:00Z");
  usage.of({ account, now });
  return { usage, account, now, lines, counted, waits };
}

const away = () => Promise.reject(new Failure("DATABASE_UNAVAILABLE"));

describe("the usage event of a request", () => {
  it("says who asked for what, how it was answered, and when the database had found out who", async () => {
    const { usage, account, now } = someUsage();
    const failure = new Failure("NOT_FOUND");
    await usage.end({ status: 404, failure, size: 34 });
    const [event] = await events.find({ _id: usage.id }).toArray();
    expect(event).toMatchObject({
      account: account._id,
      username: "ada",
      clientRequestId: "theirs",
      endpoint: "/v1/users/profile",
      method: "PUT",
      status: 404,
      outcome: "failed",
      code: "NOT_FOUND",
      sizes: { request: 12, response: 34 },
      at: now,
    });
    // Filled by the server.
    expect(event?.recorded.getHighBits()).toBeGreaterThan(0);
  });

  it("is not written of nobody, nor twice", async () => {
    let writes = 0;
    const { usage } = someUsage(async () => {
      writes += 1;
      return true;
    });
    usage.stands();
    await usage.end({ status: 200, size: 0 });
    expect(writes).toBe(0);
    const { log } = memoryLog();
    const nobody = usageRecorder({ events: store, count: () => {}, pause: async () => {} })({
      id: "nobody",
      clientRequestId: undefined,
      method: "GET",
      route: "/",
      ip: "",
      userAgent: undefined,
      log,
      size: 0,
    });
    await nobody.end({ status: 200, size: 0 });
    expect(await events.findOne({ _id: "nobody" })).toBeNull();
  });

  it("is tried again while the database is away", async () => {
    let tries = 0;
    const { usage, counted, waits } = someUsage((event, bound) => {
      tries += 1;
      return tries < 3 ? away() : store.insert(event, bound);
    });
    await usage.end({ status: 200, size: 0 });
    expect(await events.findOne({ _id: usage.id })).toMatchObject({ status: 200 });
    expect(waits).toEqual([100, 200]);
    expect(counted).toEqual({});
  });

  it("that can't be written in time stands in the log, whole, and is counted", async () => {
    const bounds: (number | undefined)[] = [];
    const { usage, lines, counted, waits } = someUsage((_, bound) => {
      bounds.push(bound);
      return away();
    });
    await usage.end({ status: 200, size: 5 });
    // All in all no more than the 5 s that a request may take.
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThan(15_000);
    expect(Math.max(...bounds.map(Number))).toBeLessThanOrEqual(5_000);
    expect(counted).toEqual({ UsageEventsUnwritten: 1 });
    const [line] = lines;
    expect(line).toMatchObject({ level: "error", message: "usage event unwritten" });
    const logged = UsageFacts.parse(BSON.EJSON.parse(String(line?.fields.event)));
    expect(logged).toMatchObject({ _id: usage.id, status: 200 });
  });

  it("is not waited for where the database has just been away", async () => {
    let tries = 0;
    const { usage, counted } = someUsage(() => {
      tries += 1;
      return away();
    });
    await usage.end({ status: 503, failure: new Failure("DATABASE_UNAVAILABLE"), size: 0 });
    expect([tries, counted]).toEqual([0, { UsageEventsUnwritten: 1 }]);
  });
});

describe("the usage event of a change", () => {
  const accounts = db.collection<StoredAccount>("accounts");
  const change = async (usage: ReturnType<typeof someUsage>["usage"], status = "active") => {
    const account = someAccount();
    await accounts.insertOne(account);
    return recordedChange(database, {
      filter: { _id: account._id, status },
      update: { $set: { name: "Another" } },
      event: [],
      usage,
    });
  };

  it("goes in the batch of the change, with the status of its success, and is not written again", async () => {
    const { usage } = someUsage();
    usage.succeedsWith(201);
    expect(await change(usage)).toBe(true);
    expect(await events.find({ _id: usage.id }).toArray()).toMatchObject([
      { status: 201, outcome: "answered", sizes: { request: 12 } },
    ]);
    await usage.end({ status: 201, size: 0 });
    expect(await events.countDocuments({ _id: usage.id })).toBe(1);
  });

  it("that is not made is taken back, and says how the request ended", async () => {
    const { usage } = someUsage();
    expect(await change(usage, "suspended")).toBe(false);
    expect(await events.countDocuments({ _id: usage.id })).toBe(0);
    await usage.end({ status: 401, failure: new Failure("SESSION_INVALID"), size: 0 });
    expect(await events.find({ _id: usage.id }).toArray()).toMatchObject([{ status: 401 }]);
  });

  it("is one also if the reply of its batch is lost", async () => {
    const { usage } = someUsage();
    await client.db("admin").command({
      configureFailPoint: "onPrimaryTransactionalWrite",
      mode: { times: 1 },
      data: { closeConnection: true },
    });
    expect(await change(usage)).toBe(true);
    await usage.end({ status: 200, size: 0 });
    expect(await events.countDocuments({ _id: usage.id })).toBe(1);
  });
});
