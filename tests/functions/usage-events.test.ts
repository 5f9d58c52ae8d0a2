import { describe, expect, it, jest } from "@jest/globals";
import { ObjectId } from "mongodb";
import type { UsageEvent } from "../../lib/usage/event.ts";
import { sentDuring } from "../support/commands.ts";
import { wholeService } from "../support/service.ts";

jest.setTimeout(60_000);

const { db, endpoints, sampleOf, send } = await wholeService();
const { database } = await import("../../lib/runtime.ts");
const events = db.collection<UsageEvent>("usageEvents");

/** Endpoints that know nobody: what is typed there proves nothing. */
const knowNobody = new Set([
  "GET /",
  "GET /health",
  "GET /openapi.json",
  "GET /docs",
  "GET /docs/{file}",
  "GET /v1/monitoring/health",
  "POST /v1/users/password-reset",
]);

/** Those that change nothing as they are asked here, or whose change is known by its reply only; see decision 0014. */
const changesApart = new Set([
  "POST /v1/monitoring/flush-logs",
  "POST /v1/admin-panel/users/{id}/restore",
  "POST /v1/admin-panel/staff/{id}/enable",
  "POST /v1/users/refresh",
  "POST /v1/admin-panel/refresh",
  "POST /v1/support/refresh",
  "POST /v1/email/send-verification",
  "POST /v1/email/resend",
  "POST /v1/support/users/{id}/reset-password",
]);

const eventsOf = (holder: ObjectId) =>
  events
    .find({ $or: [{ account: holder }, { staff: holder }] })
    .sort({ recorded: 1 })
    .toArray();

describe("every request of somebody known leaves one usage event", () => {
  it.each(endpoints)("%s", async (name) => {
    const { who, sample } = await sampleOf(name);
    const [method, endpoint] = name.split(" ");
    const { status, body } = await send(name, who, sample);
    expect(status).toBe(sample.status);
    const holder =
      name === "POST /v1/users/register" ? ObjectId.createFromHexString(body.user_id) : who.id;
    const found = await eventsOf(holder);
    if (knowNobody.has(name)) return expect(found).toEqual([]);
    expect(found).toMatchObject([
      {
        endpoint,
        method,
        status,
        outcome: sample.caller === "key" ? "captured" : "answered",
        credits: { allowance: 0, balance: 0 },
        conversations: 0,
        duration: expect.any(Number),
        ip: "203.0.113.7",
        userAgent: "test-agent/1.0",
      },
    ]);
    expect(found[0]).not.toHaveProperty("code");
    expect(Math.abs((found[0]?.at.getTime() ?? 0) - Date.now())).toBeLessThan(30_000);
  });

  const guarded = endpoints.filter((name) => !knowNobody.has(name));
  it.each(guarded)("%s, also when its body or query is refused", async (name) => {
    const { who, sample } = await sampleOf(name);
    if (sample.caller !== "session") return;
    const query = { ...sample.query, nobody_knows_this: "1" };
    const body = JSON.stringify({ ...sample.body, nobody_knows_this: 1 });
    const answer = await send(name, who, sample, sample.body ? { body } : { query });
    const found = await eventsOf(who.id);
    const isAnswered = answer.status < 400;
    expect(found).toMatchObject([
      isAnswered
        ? { status: answer.status, outcome: "answered" }
        : {
            _id: answer.body.request_id,
            status: answer.status,
            outcome: "failed",
            code: answer.body.code,
            fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
            sizes: {
              request: sample.body ? Buffer.byteLength(body) : 0,
              response: expect.any(Number),
            },
          },
    ]);
  });

  const changes = guarded.filter((name) => !name.startsWith("GET ") && !changesApart.has(name));
  it.each(changes)("%s: in the batch of its change, without a command more", async (name) => {
    const { who, sample } = await sampleOf(name);
    if (sample.caller === "key") return;
    const sent = await sentDuring(database, () => send(name, who, sample));
    const written = sent
      .filter(({ commandName }) => commandName === "bulkWrite")
      .map(({ command }) => command.nsInfo.map(({ ns }: { ns: string }) => ns.split(".")[1]))
      .filter((namespaces) => namespaces.includes("usageEvents"));
    expect(written).toEqual([expect.arrayContaining([expect.not.stringMatching("usageEvents")])]);
  });

  it("but none who has only typed a name: a wrong password, a locked name, a link for a new password", async () => {
    const { who, sample } = await sampleOf("POST /v1/users/login");
    const wrong = JSON.stringify({ ...sample.body, password: "not this one" });
    for (let count = 0; count < 3; count++) {
      expect((await send("POST /v1/users/login", who, sample, { body: wrong })).status).toBe(401);
    }
    expect(await eventsOf(who.id)).toEqual([]);
  });

  it("and none with a token that opens nothing", async () => {
    const before = await events.countDocuments();
    const { who, sample } = await sampleOf("GET /v1/users/profile");
    const other = who.token.slice(0, -1) + (who.token.endsWith("x") ? "y" : "x");
    for (const token of [undefined, "pes_none", other]) {
      expect((await send("GET /v1/users/profile", who, sample, { token })).status).toBe(401);
    }
    expect(await events.countDocuments()).toBe(before);
  });
});
