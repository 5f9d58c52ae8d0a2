import { describe, expect, it } from "@jest/globals";
import { collections } from "../../../lib/collections.ts";
import { migrate } from "../../../lib/db/migrate.ts";
import { leaseStore } from "../../../lib/jobs/lease-store.ts";
import { aggregatingJob } from "../../../lib/usage/aggregate-usage.ts";
import { someAccount } from "../../support/accounts.ts";
import { ask } from "../../support/ask.ts";
import { commandsOf, monitored } from "../../support/commands.ts";
import { testDatabase } from "../../support/database.ts";
import { loadFunction } from "../../support/functions.ts";
import { adminWith, signedInStaff, supportOf } from "../../support/staff.ts";
import { minute, someEvent, usageWorld } from "../../support/usage.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, collections);
const env = { MONGODB_URI: monitored(uri), MONGODB_DATABASE: name };
const metrics = await loadFunction("monitoring/metrics", env);
const queues = await loadFunction("monitoring/queue-status", env);
const errors = await loadFunction("monitoring/errors", env);
const flush = await loadFunction("monitoring/flush-logs", env);
const handlers = { metrics, "queue-status": queues, errors, "flush-logs": flush };
const { database, settings } = await import("../../../lib/runtime.ts");
const world = usageWorld(db);

const admin = () => signedInStaff(db, adminWith("api_usage"));
const ago = (milliseconds: number): Date => new Date(Date.now() - milliseconds);

describe.each(Object.entries(handlers))("%s of monitoring", (_, handler) => {
  it("401: without a session of staff", async () => {
    expect((await ask(handler)).status).toBe(401);
    expect((await ask(handler, { token: "pas_none" })).status).toBe(401);
  });

  it.each([
    ["an admin without the permission", adminWith("security_logs")],
    ["support staff", supportOf("advanced")],
  ])("403: to %s, who leaves an event", async (_who, role) => {
    const { id, token } = await signedInStaff(db, role);
    expect(await ask(handler, { token })).toMatchObject({
      status: 403,
      body: { code: "PERMISSION_REQUIRED", required_permission: "api_usage" },
    });
    expect(await world.events.find({ staff: id }).toArray()).toMatchObject([
      { outcome: "failed", status: 403, code: "PERMISSION_REQUIRED" },
    ]);
  });
});

describe("GET /v1/monitoring/metrics", () => {
  it("200: all accounts of the last 24 hours together, as the events say, in three round trips", async () => {
    await world.clear();
    await db.collection("accounts").deleteMany({});
    await db
      .collection("accounts")
      .insertMany([someAccount(), someAccount({ status: "suspended" })]);
    const { token } = await admin();
    await world.insert(
      someEvent({ at: ago(20 * minute) }),
      someEvent({
        at: ago(10 * minute),
        model: "gpt-4o",
        status: 502,
        outcome: "failed",
        code: "UPSTREAM_FAILED",
        tokens: undefined,
      }),
      someEvent({ at: ago(1_000) }),
      someEvent({ at: ago(25 * 60 * minute) }),
    );
    world.setClock(new Date());
    await world.aggregate();
    await settings.current();
    let answer: Awaited<ReturnType<typeof ask>> | undefined;
    const commands = await commandsOf(database, async () => {
      answer = await ask(metrics, { token });
    });
    expect(answer?.status).toBe(200);
    expect(answer?.body).toMatchObject({
      user_metrics: { total_users: 2, active_users: 1 },
      api_metrics: { api_calls_24h: 3, messages_24h: 2, tokens_used_24h: 60 },
      security_metrics: { security_events_24h: 0 },
      system_metrics: { message_queue_size: 0, holds_overdue: 0 },
      usage: { requests: 3, failed: 1 },
      by_endpoint: [{ endpoint: "POST /v1/chat/completions", requests: 3 }],
    });
    expect(answer?.body.by_model).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ model: "gpt-4o-mini", requests: 2, failed: 0 }),
        expect.objectContaining({ model: "gpt-4o", requests: 1, failed: 1 }),
      ]),
    );
    // Guard; rows beside the counts; events after the rows; its own event.
    expect(commands.filter((command) => command === "findAndModify")).toHaveLength(1);
    expect(commands.at(-1)).toBe("bulkWrite");
  });
});

describe("GET /v1/monitoring/queue-status", () => {
  it("200: what waits, and how far the jobs have come", async () => {
    await world.clear();
    await db.collection("emailOutbox").deleteMany({});
    const { token } = await admin();
    expect((await ask(queues, { token })).body).toMatchObject({
      queue_status: { queue_size: 0, due: 0, is_running: false },
      jobs: [
        { name: "aggregate-usage", watermark: null, lag_seconds: null, is_working: false },
        { name: "roll-up-days", watermark: null, lag_seconds: null, is_working: false },
      ],
    });
    world.setClock(new Date());
    await world.aggregate();
    await world.rollUp();
    const hold = { expiresAt: ago(minute), at: ago(2 * minute) };
    const account = someAccount();
    await db.collection("accounts").insertOne(account);
    await db
      .collection("accounts")
      .updateOne(
        { _id: account._id },
        { $set: { holds: [{ ...hold }] } },
        { bypassDocumentValidation: true },
      );
    const { status, body } = await ask(queues, { token });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      queue_status: { is_running: true },
      holds: { overdue: 1 },
      jobs: [{ name: "aggregate-usage" }, { name: "roll-up-days" }],
    });
    expect(body.jobs[0].lag_seconds).toBeGreaterThanOrEqual(60);
    expect(body.jobs[0].lag_seconds).toBeLessThan(120);
    await db.collection("accounts").deleteOne({ _id: account._id });
  });
});

describe("GET /v1/monitoring/errors", () => {
  it("200: failures of one kind and place together, the most frequent first", async () => {
    await world.clear();
    const { token } = await admin();
    const failed = (fingerprint: string, minutes: number, code: string) =>
      someEvent({ at: ago(minutes * minute), outcome: "failed", code, fingerprint, status: 500 });
    const last = failed("b".repeat(16), 1, "INTERNAL_ERROR");
    await world.insert(
      failed("a".repeat(16), 5, "UPSTREAM_FAILED"),
      failed("b".repeat(16), 9, "INTERNAL_ERROR"),
      last,
      failed("c".repeat(16), 61, "INTERNAL_ERROR"),
      someEvent(),
    );
    const { status, body } = await ask(errors, { token, query: { hours: "1" } });
    expect(status).toBe(200);
    expect(body.errors).toEqual([
      {
        fingerprint: "b".repeat(16),
        category: "internal",
        code: "INTERNAL_ERROR",
        endpoint: "POST /v1/chat/completions",
        count: 2,
        callers: 1,
        first_seen: expect.any(String),
        last_seen: last.at.toISOString(),
        last_request_id: last._id,
      },
      expect.objectContaining({ fingerprint: "a".repeat(16), category: "dependency", count: 1 }),
    ]);
  });

  it.each([{ hours: "0" }, { hours: "169" }, { limit: "0" }, { limit: "101" }, { page: "1" }])(
    "422: %j",
    async (query) => {
      const { token } = await admin();
      expect((await ask(errors, { token, query: query as Record<string, string> })).status).toBe(
        422,
      );
    },
  );
});

describe("POST /v1/monitoring/flush-logs", () => {
  it("200: counts what is older than a minute at once", async () => {
    await world.clear();
    const { token } = await admin();
    await world.insert(someEvent({ at: ago(5 * minute) }), someEvent({ at: ago(1_000) }));
    expect(await ask(flush, { token })).toMatchObject({
      status: 200,
      body: { success: true, flushed: { events: 1, hours: 1, days: 1 } },
    });
    expect(await world.daily.find().toArray()).toMatchObject([{ requests: 1 }]);
  });

  it("200: says how far usage is counted, and that it is not while another run has yet to count it", async () => {
    await world.clear();
    const { token } = await admin();
    await world.insert(someEvent({ at: ago(5 * minute) }));
    const run = await leaseStore({ run: (work) => work(db) }).take(aggregatingJob);
    expect((await ask(flush, { token })).body).toMatchObject({
      message: "Usage is being counted for the first time.",
      counted_up_to: null,
      flushed: { events: 0, hours: 0 },
    });
    await run?.release();
    const { body } = await ask(flush, { token });
    expect(body.flushed).toMatchObject({ events: 1, hours: 1 });
    expect(Date.now() - Date.parse(body.counted_up_to)).toBeGreaterThanOrEqual(minute);
    expect(body.message).toContain(body.counted_up_to);
  });
});
