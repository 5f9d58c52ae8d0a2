import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { ObjectId } from "mongodb";
import { ipRulesCollection, type StoredRule } from "../../lib/addresses/document.ts";
import { parseRange } from "../../lib/keys/cidr.ts";
import { makeToken } from "../../lib/security/token.ts";
import { apiEvent, lambdaContext } from "../support/api-event.ts";
import { ask } from "../support/ask.ts";
import { commandsOf } from "../support/commands.ts";
import { loadFunction } from "../support/functions.ts";
import { routes, streamingRoutes } from "../support/routes.ts";
import { wholeService } from "../support/service.ts";
import { staffSamples } from "../support/staff-samples.ts";
import { passTenSeconds } from "../support/time.ts";
import { password, somebody } from "../support/world.ts";

jest.setTimeout(120_000);

const { db, env, endpoints, sampleOf, send } = await wholeService();
const { database } = await import("../../lib/runtime.ts");
const stored = db.collection<{ _id: string; rules: StoredRule[] }>(ipRulesCollection.name);

const here = "203.0.113.7";
const elsewhere = "198.51.100.1";

/** `staff -203.0.113.0/24`, or of an account. */
function rule(text: string, account?: ObjectId): StoredRule {
  const [scope, range = ""] = text.split(" ");
  return {
    id: new ObjectId(),
    action: range.startsWith("+") ? "allow" : "deny",
    scope: scope as StoredRule["scope"],
    ...(account && { account }),
    range: parseRange(range.slice(1)) ?? { from: "", to: "" },
    description: "",
    active: true,
    createdBy: new ObjectId(),
    createdAt: new Date(),
  };
}

/** Adds rules, and lets processes read them. */
async function given(...rules: StoredRule[]): Promise<void> {
  await stored.updateOne(
    { _id: "service" },
    {
      $push: { rules: { $each: rules } },
      $inc: { version: 1 },
      $set: { updatedAt: new Date() },
    },
    { upsert: true },
  );
  passTenSeconds();
}

afterEach(async () => {
  await stored.deleteMany({});
});

const refused = { status: 403, body: { code: "ADDRESS_NOT_ALLOWED" } };

/** They ask the database for nothing. */
const open = ["GET /", "GET /health", "GET /openapi.json", "GET /docs", "GET /docs/{file}"];
const guarded = endpoints.filter((endpoint) => !open.includes(endpoint));

describe("a rule for the whole service", () => {
  it.each(guarded)(
    "%s: 403 before anything is looked at, and nothing is asked of the database",
    async (endpoint) => {
      const { who, sample } = await sampleOf(endpoint);
      await given(rule("service -203.0.113.0/24"));
      // Now the rules are read.
      await send(endpoint, who, sample, { ip: here });
      const commands = await commandsOf(database, async () => {
        for (const changes of [{}, { token: undefined }, { token: "pe_nonsense" }, { body: "{" }]) {
          const { status, body } = await send(endpoint, who, sample, { ip: here, ...changes });
          // OpenAI's shape has its code elsewhere.
          expect([status, body.code ?? body.error.code]).toEqual([403, refused.body.code]);
        }
      });
      expect(commands).toEqual([]);
      expect((await send(endpoint, who, sample, { ip: elsewhere })).status).toBe(sample.status);
    },
  );

  it.each(streamingRoutes())("$method $path: 403 too", async ({ handler }) => {
    const run = await loadFunction(handler, env);
    const { apiKey } = await somebody(db);
    await given(rule("service -203.0.113.0/24"));
    expect(await ask(run, { token: apiKey, body: {}, ip: here })).toMatchObject({ status: 403 });
    expect((await ask(run, { token: apiKey, body: {}, ip: elsewhere })).status).not.toBe(403);
  });

  it.each(open)("%s: 200 all the same", async (endpoint) => {
    await given(rule("service -0.0.0.0/0"));
    const { who, sample } = await sampleOf(endpoint);
    expect((await send(endpoint, who, sample, { ip: here })).status).toBe(sample.status);
  });

  it("leaves preflights as they are", async () => {
    await given(rule("service -0.0.0.0/0"));
    const run = await loadFunction("users/profile", env);
    const event = apiEvent({ method: "OPTIONS", ip: here });
    expect(await run(event, lambdaContext())).toMatchObject({ statusCode: 204 });
  });

  it("goes by the address that the gateway saw, whatever a caller says", async () => {
    await given(rule("service -203.0.113.0/24"));
    const run = await loadFunction("monitoring/health", env);
    const headers = { "X-Forwarded-For": elsewhere, "X-Real-IP": elsewhere };
    expect(await ask(run, { ip: here, headers })).toMatchObject(refused);
    expect(await ask(run, { ip: "::ffff:203.0.113.9" })).toMatchObject(refused);
  });

  it("that allows some lets nobody else in", async () => {
    await given(rule("service +198.51.100.0/24"));
    const run = await loadFunction("monitoring/health", env);
    expect(await ask(run, { ip: here })).toMatchObject(refused);
    expect(await ask(run, { ip: elsewhere })).toMatchObject({ status: 200 });
  });
});

describe("a rule for staff", () => {
  const ofStaff = Object.keys(staffSamples).filter((endpoint) => !endpoint.endsWith("/logout"));

  it.each(ofStaff)("%s: 403 without a token, with one, and with a wrong one", async (endpoint) => {
    const { who, sample } = await sampleOf(endpoint);
    await given(rule("staff -203.0.113.0/24"));
    const tokens = endpoint.endsWith("/refresh")
      ? [{}]
      : [{}, { token: undefined }, { token: "x" }];
    for (const changes of tokens) {
      expect(await send(endpoint, who, sample, { ip: here, ...changes })).toMatchObject(refused);
    }
    expect((await send(endpoint, who, sample, { ip: elsewhere })).status).toBe(sample.status);
  });

  it("means nothing to users", async () => {
    const { who, sample } = await sampleOf("GET /v1/users/profile");
    await given(rule("staff -203.0.113.0/24"));
    expect(await send("GET /v1/users/profile", who, sample, { ip: here })).toMatchObject({
      status: 200,
    });
  });
});

const callers = await Promise.all(
  guarded
    .filter((endpoint) => !staffSamples[endpoint])
    .map(async (endpoint) => [endpoint, (await sampleOf(endpoint)).sample.caller] as const),
);
const calledBy = (kind: "session" | "key") =>
  callers.flatMap(([endpoint, caller]) => (caller === kind ? [endpoint] : []));

describe("a rule for an account", () => {
  it.each(calledBy("session"))(
    "%s: 403 for its owner, and 401 for who has no good session",
    async (endpoint) => {
      const { who, sample } = await sampleOf(endpoint);
      await given(rule("account -203.0.113.0/24", who.id));
      expect(await send(endpoint, who, sample, { ip: here })).toMatchObject(refused);
      const { text: token } = makeToken("session", {
        accountId: who.id.toHexString(),
        id: new ObjectId().toHexString(),
      });
      expect(await send(endpoint, who, sample, { ip: here, token })).toMatchObject({ status: 401 });
      expect((await send(endpoint, who, sample, { ip: elsewhere })).status).toBe(sample.status);
    },
  );

  it.each(calledBy("key"))("%s: 403 for a good key, and 401 for another", async (endpoint) => {
    const { who, sample } = await sampleOf(endpoint);
    await given(rule("account -203.0.113.0/24", who.id));
    const answer = await send(endpoint, who, sample, { ip: here });
    expect([answer.status, answer.body.code ?? answer.body.error.code]).toEqual([
      403,
      refused.body.code,
    ]);
    const { newKey } = await import("../../lib/keys/new-key.ts");
    const made = newKey({ accountId: who.id, now: new Date(), name: "x", scopes: ["chat"] });
    expect(await send(endpoint, who, sample, { ip: here, token: made.text })).toMatchObject({
      status: 401,
    });
    expect((await send(endpoint, who, sample, { ip: elsewhere })).status).toBe(sample.status);
  });

  it("costs a keyed request no round trip more", async () => {
    const { who, sample } = await sampleOf("GET /v1/models");
    await given(rule("account -203.0.113.0/24", who.id));
    await send("GET /v1/models", who, sample, { ip: elsewhere });
    const commands = await commandsOf(database, () =>
      send("GET /v1/models", who, sample, { ip: here }),
    );
    expect(commands).toEqual(["findAndModify", "bulkWrite"]);
  });

  it("leaves the usage event of a request that it refuses", async () => {
    for (const endpoint of ["GET /v1/users/profile", "GET /v1/models"]) {
      const { who, sample } = await sampleOf(endpoint);
      await given(rule("account -203.0.113.0/24", who.id));
      await send(endpoint, who, sample, { ip: here });
      const events = await db.collection("usageEvents").find({ account: who.id }).toArray();
      expect(events).toMatchObject([{ status: 403, ip: here }]);
    }
  });

  it("shuts others' accounts out of nothing", async () => {
    const [{ who, sample }, other] = await Promise.all([
      sampleOf("GET /v1/users/profile"),
      somebody(db),
    ]);
    await given(rule("account -203.0.113.0/24", other.id));
    expect(await send("GET /v1/users/profile", who, sample, { ip: here })).toMatchObject({
      status: 200,
    });
  });

  it("403: opens no session for who knows the password, 401 for who does not, and locks nobody", async () => {
    const name = "POST /v1/users/login";
    const { who, sample } = await sampleOf(name);
    await given(rule("account -203.0.113.0/24", who.id));
    const before = (await db.collection("accounts").findOne({ _id: who.id }))?.sessions.length;
    expect(await send(name, who, sample, { ip: here })).toMatchObject(refused);
    const wrong = JSON.stringify({ ...sample.body, password: `${password}x` });
    expect(await send(name, who, sample, { ip: here, body: wrong })).toMatchObject({ status: 401 });
    const account = await db.collection("accounts").findOne({ _id: who.id });
    expect(account?.sessions).toHaveLength(before ?? -1);
    const events = await db
      .collection("securityEvents")
      .find({ subject: who.id })
      .sort({ _id: 1 })
      .toArray();
    expect(events.map(({ type, details }) => [type, details.reason])).toEqual([
      ["login_failed", "address_not_allowed"],
      ["login_failed", "invalid_password"],
    ]);
    expect(await send(name, who, sample, { ip: elsewhere })).toMatchObject({ status: 200 });
  });

  it("403: refreshes no session, and leaves it to be refreshed from elsewhere", async () => {
    const name = "POST /v1/users/refresh";
    const { who, sample } = await sampleOf(name);
    await given(rule("account -203.0.113.0/24", who.id));
    expect(await send(name, who, sample, { ip: here })).toMatchObject(refused);
    expect(await send(name, who, sample, { ip: elsewhere })).toMatchObject({ status: 200 });
    // The token has been used now, and tells nothing any more.
    expect(await send(name, who, sample, { ip: here })).toMatchObject({ status: 401 });
  });

  it("403: takes no new password by a mailed link, which stays good", async () => {
    const name = "POST /v1/users/password-reset/confirm";
    const { who, sample } = await sampleOf(name);
    await given(rule("account -203.0.113.0/24", who.id));
    expect(await send(name, who, sample, { ip: here })).toMatchObject(refused);
    expect(await send(name, who, sample, { ip: elsewhere })).toMatchObject({ status: 200 });
  });
});

describe("rules that are none", () => {
  it("500: let nobody in, though everything else could be read", async () => {
    const { who, sample } = await sampleOf("GET /v1/users/profile");
    // What no rule is.
    const bad = { ...rule("service -203.0.113.0/24"), action: "perhaps" as never };
    await db.command({ collMod: ipRulesCollection.name, validationLevel: "off" });
    await given(bad);
    expect((await send("GET /v1/users/profile", who, sample, { ip: here })).status).toBe(500);
    await stored.deleteMany({});
    passTenSeconds();
    expect(await send("GET /v1/users/profile", who, sample, { ip: here })).toMatchObject({
      status: 200,
    });
  });
});

it("every endpoint is among those that are tested here", () => {
  expect(routes().length).toBe(guarded.length + open.length);
});
