import { describe, expect, it } from "@jest/globals";
import type { StoredAccount } from "../../../lib/accounts/document.ts";
import { collections } from "../../../lib/collections.ts";
import { migrate } from "../../../lib/db/migrate.ts";
import { failures } from "../../../lib/errors.ts";
import { newKey } from "../../../lib/keys/new-key.ts";
import { signedIn } from "../../support/accounts.ts";
import { apiEvent, lambdaContext } from "../../support/api-event.ts";
import { ask } from "../../support/ask.ts";
import { commandsOf, monitored } from "../../support/commands.ts";
import { testDatabase } from "../../support/database.ts";
import { loadFunction } from "../../support/functions.ts";
import { day, hour, someEvent, usageWorld } from "../../support/usage.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, collections);
const env = { MONGODB_URI: monitored(uri), MONGODB_DATABASE: name };
const usage = await loadFunction("monitoring/usage", env);
const { database, settings } = await import("../../../lib/runtime.ts");
const world = usageWorld(db);

/** Somebody with a session and a key that may read usage. */
async function reader(changes: Partial<StoredAccount> = {}, scopes: string[] = ["usage:read"]) {
  const base = await signedIn(db, changes);
  const key = newKey({
    accountId: base.account._id,
    now: new Date(),
    name: "=usage",
    scopes: scopes as "usage:read"[],
  });
  await db
    .collection<StoredAccount>("accounts")
    .updateOne({ _id: base.account._id }, { $push: { keys: key.stored } });
  return { ...base, token: base.tokens.session_token, key, account: base.account };
}

const startOfHour = (time: number): Date => new Date(time - (time % hour));

/** Somebody with usage of three hours, of which two are in rows. */
async function used() {
  // Nothing is recorded before what has been counted.
  await world.clear();
  const who = await reader();
  const { _id: account } = who.account;
  const now = Date.now();
  const hoursAgo = (hours: number) => startOfHour(now - hours * hour);
  const of = { account, username: who.account.username };
  await world.insert(
    someEvent({ ...of, at: hoursAgo(30), key: who.key.stored.id, rType: "tot", duration: 100 }),
    someEvent({ ...of, at: hoursAgo(2), duration: 300 }),
    someEvent({
      ...of,
      at: hoursAgo(2),
      status: 429,
      outcome: "refused",
      code: "CREDITS_EXHAUSTED",
      tokens: undefined,
      credits: { allowance: 0, balance: 0 },
      conversations: 0,
    }),
  );
  world.setClock(new Date());
  await world.aggregate();
  await world.rollUp();
  await world.insert(someEvent({ ...of, at: new Date(now), duration: 200 }));
  return { ...who, now, hoursAgo };
}

describe("GET /v1/monitoring/usage", () => {
  it("200: the fields of the former API, and everything by time, endpoint, model, r_type, key and status", async () => {
    const { token, account, key } = await used();
    const { status, body } = await ask(usage, { token });
    expect(status).toBe(200);
    const figures = { requests: 4, succeeded: 3, failed: 1, success_rate: 0.75, error_rate: 0.25 };
    expect(body).toMatchObject({
      user_id: account._id.toHexString(),
      username: account.username,
      period: "last_30_days",
      summary: {
        ...figures,
        total_messages: 3,
        total_tokens: 90,
        total_api_calls: 4,
        avg_processing_time_ms: 180,
        tokens: { input: 30, output: 60, total: 90 },
        credits: { allowance: 3, balance: 0, total: 3 },
        latency_ms: { average: 180 },
      },
      current_limits: { conversation_limit: 10, reset: 10 },
      current_credits: { main: 5, reset: 5 },
      usage_by_type: { none: 2, tot: 1 },
      range: { bucket: "day" },
      by_endpoint: [{ endpoint: "POST /v1/chat/completions", ...figures }],
      by_model: [{ model: "gpt-4o-mini", ...figures }],
      by_r_type: [
        { r_type: null, requests: 3 },
        { r_type: "tot", requests: 1 },
      ],
      by_key: [
        { key_id: null, requests: 3 },
        { key_id: key.stored.id.toHexString(), name: "=usage", requests: 1 },
      ],
      by_status: [
        { status: "2xx", requests: 3, failed: 0 },
        { status: "4xx", requests: 1, failed: 1 },
      ],
    });
    expect(new Date(body.range.to).getTime() - new Date(body.range.from).getTime()).toBe(30 * day);
    const { p50, p95, p99 } = body.summary.latency_ms;
    for (const [known, exact] of [
      [p50, 120],
      [p95, 300],
      [p99, 300],
    ]) {
      expect(Math.abs(known - exact) / exact).toBeLessThan(0.05);
    }
    const days = body.daily_usage.map(({ messages }: { messages: number }) => messages);
    expect(days.reduce((sum: number, messages: number) => sum + messages, 0)).toBe(3);
  });

  it("200: with a range, by the hour and by a grouping", async () => {
    const { token, now, hoursAgo } = await used();
    const query = {
      from: hoursAgo(2).toISOString(),
      to: new Date(now).toISOString(),
      bucket: "hour",
      group_by: "status",
    };
    const { body } = await ask(usage, { token, query });
    const series = [
      { time: hoursAgo(2).toISOString(), group: "2xx", requests: 1 },
      { time: hoursAgo(2).toISOString(), group: "4xx", requests: 1 },
      { time: hoursAgo(0).toISOString(), group: "2xx", requests: 1 },
    ];
    expect(body.series).toMatchObject(now % hour < 1_000 ? series.slice(0, 2) : series);
  });

  it("200: as CSV for who prefers it, without a formula in it, and as JSON for who does not", async () => {
    const { token } = await used();
    const get = (Accept: string) =>
      usage(apiEvent({ headers: { Authorization: `Bearer ${token}`, Accept } }), lambdaContext());
    const csv = await get("text/csv");
    expect(csv.headers).toMatchObject({
      "Content-Type": "text/csv; charset=utf-8",
      Vary: "Accept",
    });
    const [head, ...lines] = csv.body.trimEnd().split("\r\n");
    expect(head).toBe(
      "time,group,requests,succeeded,failed,messages,input_tokens,output_tokens,allowance_credits,balance_credits,conversations,average_ms,p50_ms,p95_ms,p99_ms",
    );
    expect(lines.length).toBeGreaterThanOrEqual(2);
    const requests = lines.map((line) => Number(line.split(",")[2]));
    // What the answer before it left is counted too.
    expect(requests.reduce((sum, count) => sum + count, 0)).toBe(4);
    const json = await get("text/csv;q=0.5, application/json");
    expect(json.headers).toMatchObject({ "Content-Type": "application/json", Vary: "Accept" });
  });

  it("200: an account without usage has zeros", async () => {
    const { token } = await reader();
    const { body } = await ask(usage, { token });
    expect(body.summary).toMatchObject({
      requests: 0,
      success_rate: 0,
      latency_ms: { average: null, p50: null, p95: null, p99: null },
    });
    expect(body.series).toEqual([]);
  });

  it("200: with a key that may read usage, at no cost, with what is left; the request is in the next answer", async () => {
    const { key, account } = await reader({
      conversations: { day: "2026-01-01", perDay: 0, used: 0 },
    });
    const first = await ask(usage, { token: key.text });
    expect(first).toMatchObject({ status: 200, body: { summary: { requests: 0 } } });
    expect(first.headers).toHaveProperty("RateLimit");
    const { body } = await ask(usage, { token: key.text });
    expect(body.by_key).toMatchObject([{ key_id: key.stored.id.toHexString(), requests: 1 }]);
    const stored = await db.collection<StoredAccount>("accounts").findOne({ _id: account._id });
    expect(stored).toMatchObject({ allowance: { used: 0 }, holds: [] });
  });

  it.each([
    ["401: without a token", undefined, "AUTHENTICATION_REQUIRED"],
    ["401: with a token of nothing", "pes_none", "SESSION_INVALID"],
    ["401: with a key of nothing", "pe_none", "SESSION_INVALID"],
  ] as const)("%s", async (_, token, code) => {
    expect(await ask(usage, { ...(token && { token }) })).toMatchObject({
      status: 401,
      body: { code },
    });
  });

  it.each([
    ["403: a key without the scope", {}, ["chat"], "SCOPE_NOT_ALLOWED"],
    [
      "403: a key of a suspended account",
      { status: "suspended" },
      ["usage:read"],
      "ACCOUNT_SUSPENDED",
    ],
  ] as const)("%s; it leaves one event", async (_, changes, scopes, code) => {
    const { key, account } = await reader(changes, [...scopes]);
    expect(await ask(usage, { token: key.text })).toMatchObject({ status: 403, body: { code } });
    const events = await world.events.find({ account: account._id }).toArray();
    expect(events).toMatchObject([{ outcome: "refused", status: failures[code].status, code }]);
  });

  it("429: more often than the plan allows", async () => {
    const { key } = await reader();
    const statuses: number[] = [];
    for (let count = 0; count < 30; count++) {
      const { status } = await ask(usage, { token: key.text });
      statuses.push(status);
      if (status !== 200) break;
    }
    expect(statuses.at(-1)).toBe(429);
  });

  it.each([
    ["an unknown parameter", { since: "2026-01-01" }, "since"],
    ["what is no time", { from: "yesterday" }, "from"],
    ["a range that ends before it begins", { from: "2026-02-01", to: "2026-01-01" }, "from"],
    ["the last day that can be told", { from: "9999-12-31", to: "9999-12-31T12:00:00Z" }, "to"],
    ["an end after 9999", { from: "9999-12-31", to: "9999-12-31T23:59:59-00:01" }, "to"],
    ["an end before 1970", { to: "0000-01-02" }, "to"],
    ["too many hours", { from: "2026-01-01", to: "2026-02-01", bucket: "hour" }, "from"],
    ["too many days", { from: "2020-01-01" }, "from"],
    ["an unknown bucket", { bucket: "minute" }, "bucket"],
    ["an unknown grouping", { group_by: "ip" }, "group_by"],
  ])("422: %s", async (_, query, path) => {
    const { token } = await reader();
    expect(await ask(usage, { token, query: query as Record<string, string> })).toMatchObject({
      status: 422,
      body: { code: "VALIDATION_FAILED", errors: [{ path }] },
    });
  });

  it("takes three round trips over 90 days, and one for its usage event", async () => {
    const { token } = await used();
    await settings.current();
    const query = { from: new Date(Date.now() - 89 * day).toISOString() };
    const commands = await commandsOf(database, () => ask(usage, { token, query }));
    expect(commands).toEqual(["findAndModify", "aggregate", "aggregate", "bulkWrite"]);
  });
});
