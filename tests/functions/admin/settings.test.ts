import { beforeEach, describe, expect, it, jest } from "@jest/globals";
import { collections } from "../../../lib/collections.ts";
import { migrate } from "../../../lib/db/migrate.ts";
import { settingsReader } from "../../../lib/settings/reader.ts";
import { defaultSettings } from "../../../lib/settings/rules.ts";
import { settingsStore } from "../../../lib/settings/store.ts";
import { signedIn } from "../../support/accounts.ts";
import { ask } from "../../support/ask.ts";
import { testDatabase } from "../../support/database.ts";
import { loadFunction } from "../../support/functions.ts";
import { adminWith, signedInStaff, supportOf } from "../../support/staff.ts";

jest.setTimeout(30_000);

const { db, uri, name } = await testDatabase();
await migrate(db, collections);
const env = { MONGODB_URI: uri, MONGODB_DATABASE: name, SESSION_DURATION_HOURS: "8" };
const endpoints = {
  "GET settings": await loadFunction("admin/read-settings", env),
  "PUT settings": await loadFunction("admin/change-settings", env),
  "GET system-prompts": await loadFunction("admin/read-prompts", env),
  "PUT system-prompts": await loadFunction("admin/change-prompt", env),
  "DELETE cache": await loadFunction("admin/clear-cache", env),
};
type Endpoint = keyof typeof endpoints;

const me = await signedInStaff(db, adminWith("system_config"));
const stored = db.collection<{ _id: string; version: number; value: object }>("settings");
const events = db.collection("securityEvents");
const eventsOf = (type: string) => events.find({ type }).sort({ _id: 1 }).toArray();

beforeEach(async () => {
  await stored.deleteMany({});
  await events.deleteMany({});
});

type Asked = Parameters<typeof ask>[1] & object;
const asking = (endpoint: Endpoint, asked: Asked = {}) =>
  ask(endpoints[endpoint], { token: me.token, ...asked });
const put = (body: object, version: number | string = "*") =>
  asking("PUT settings", {
    body,
    headers: { "If-Match": typeof version === "number" ? `"${version}"` : version },
  });
const get = () => asking("GET settings");

/** Sections as GET has them. */
const section = async (name: string) => (await get()).body.settings[name];

describe("GET /v1/admin/settings", () => {
  it("200: leaves out what a later release has stored, and so does a change", async () => {
    const value = { sessions: { most: 3, later: true }, later: {} };
    await stored.insertOne({ _id: "service", version: 7, value, updatedAt: new Date() } as never);
    expect(await section("sessions")).toMatchObject({ most: 3 });
    expect((await get()).body.settings).not.toHaveProperty("later");
    expect((await asking("GET system-prompts")).status).toBe(200);
    const sessions = { ...(await section("sessions")), most: 4 };
    expect((await put({ sessions }, 7)).status).toBe(200);
    expect((await stored.findOne())?.value).toEqual({ sessions: { most: 4 } });
  });

  it("200: has what holds: what is stored before the environment, and that before the defaults", async () => {
    await stored.insertOne({
      _id: "service",
      version: 7,
      value: { sessions: { most: 3 } },
      updatedAt: new Date("2026-11-25T10:00:00Z"),
      updatedBy: "0".repeat(24),
    } as never);
    const { status, headers, body } = await get();
    expect(status).toBe(200);
    expect(headers?.ETag).toBe('"7"');
    expect(body).toMatchObject({
      success: true,
      version: 7,
      updated_at: "2026-11-25T10:00:00.000Z",
      updated_by: "0".repeat(24),
      settings: {
        sessions: { most: 3, hours: 8, refresh_days: 30 },
        levels: { low: { model: "gpt-4o-mini", credits: 1, conversations: 1 } },
        plans: { free: { rate: { chat: { per_minute: 10 } }, open_at_once: 2 } },
      },
    });
    expect(Object.keys(body.settings).sort()).toEqual(Object.keys(defaultSettings).sort());
  });

  it("200: is version 0 while nobody has changed anything", async () => {
    const { headers, body } = await get();
    expect(headers?.ETag).toBe('"0"');
    expect(body).toMatchObject({ version: 0, updated_at: null, updated_by: null });
  });
});

describe("PUT /v1/admin/settings", () => {
  it("200: puts each section that is named in the place of the one there was, whole", async () => {
    const registration = { ...(await section("registration")), enabled: false };
    const plans = await section("plans");
    const { status, headers, body } = await put({ registration }, 0);
    expect(status).toBe(200);
    expect(headers?.ETag).toBe('"1"');
    expect(body).toMatchObject({
      version: 1,
      updated_by: me.id.toHexString(),
      settings: { registration, plans },
    });
    expect((await get()).body.settings).toEqual(body.settings);
    // Only what differs is stored, so that defaults and environment count elsewhere.
    expect(await stored.findOne()).toMatchObject({ value: { registration: { enabled: false } } });
  });

  it("200: adds a plan and takes one away that nobody has", async () => {
    const { enterprise: _, ...plans } = await section("plans");
    const gold = { ...plans.pro, daily_credits: 5_000 };
    expect(await put({ plans: { ...plans, gold } })).toMatchObject({ status: 200 });
    expect(Object.keys(await section("plans"))).toEqual(["free", "basic", "pro", "gold"]);
    const back = (await section("plans")) as Record<string, unknown>;
    expect(await put({ plans: { ...back, enterprise: plans.pro } })).toMatchObject({ status: 200 });
    expect(await section("plans")).toHaveProperty("enterprise");
  });

  it("200: adds and takes away a plan of a name that every object has", async () => {
    const plans = await section("plans");
    const added = { ...plans, constructor: plans.free };
    expect(await put({ plans: added })).toMatchObject({ status: 200 });
    expect(await section("plans")).toEqual(added);
    expect(await put({ plans })).toMatchObject({ status: 200 });
    expect(await section("plans")).toEqual(plans);
    expect(await eventsOf("settings_changed")).toMatchObject([
      { details: { fields: ["plans.constructor"], before: {} } },
      { details: { fields: ["plans.constructor"], after: {} } },
    ]);
  });

  it("200: keeps providers, whose models may have dots in their names", async () => {
    const provider = {
      name: "one",
      url: "https://one.example/v1",
      key_parameter: "/promptenchanter/dev/providers/one",
      models: { "gpt-4.1": "openai/gpt-4.1:free" },
      timeout_seconds: 30,
    };
    expect(await put({ providers: [provider] })).toMatchObject({ status: 200 });
    expect(await section("providers")).toEqual([provider]);
  });

  it("200: takes an optional field away by leaving it out", async () => {
    const plans = await section("plans");
    const free = {
      ...plans.free,
      rate: { ...plans.free.rate, chat: { per_minute: 10, burst: 3 } },
    };
    await put({ plans: { ...plans, free } });
    expect((await section("plans")).free.rate.chat).toEqual({ per_minute: 10, burst: 3 });
    await put({ plans });
    expect((await section("plans")).free.rate.chat).toEqual({ per_minute: 10 });
  });

  it("200: writes nothing if nothing changes", async () => {
    const sessions = await section("sessions");
    expect(await put({ sessions }, 0)).toMatchObject({ status: 200, body: { version: 0 } });
    expect(await stored.countDocuments()).toBe(0);
    expect(await eventsOf("settings_changed")).toEqual([]);
  });

  it("is written down as a security event, with the fields and what they were and are", async () => {
    const sessions = await section("sessions");
    await put({
      sessions: { ...sessions, most: 4 },
      verification: { ...(await section("verification")), required: true },
    });
    expect(await eventsOf("settings_changed")).toMatchObject([
      {
        severity: "warning",
        actor: { kind: "staff", id: me.id },
        details: {
          version: 1,
          fields: ["verification.required", "sessions.most"],
          before: { verification: { required: false }, sessions: { most: 10 } },
          after: { verification: { required: true }, sessions: { most: 4 } },
        },
      },
    ]);
  });

  it("428: needs the version that it was made from", async () => {
    const answer = await asking("PUT settings", { body: { sessions: {} } });
    expect(answer).toMatchObject({ status: 428, body: { code: "PRECONDITION_REQUIRED" } });
  });

  it.each([['"3"'], ['W/"0"'], ["0"], ['"x"']])(
    "412: is lost if that was another: %s",
    async (version) => {
      const sessions = { ...(await section("sessions")), most: 4 };
      const answer = await put({ sessions }, version);
      expect(answer).toMatchObject({ status: 412, body: { code: "PRECONDITION_FAILED" } });
      expect(await stored.countDocuments()).toBe(0);
    },
  );

  it.each([['"5", "0"'], ["*"]])("200: may name several, or any: %s", async (version) => {
    const sessions = { ...(await section("sessions")), most: 4 };
    expect(await put({ sessions }, version)).toMatchObject({ status: 200 });
  });

  it("412: is made by one of many who read the same version", async () => {
    const sessions = await section("sessions");
    for (const version of [0, 1]) {
      const answers = await Promise.all(
        [1, 2, 3, 4, 5].map((most) =>
          put({ sessions: { ...sessions, most: most + version * 10 } }, version),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412]);
    }
    expect(await eventsOf("settings_changed")).toHaveLength(2);
  });

  it("409: takes no plan away that accounts have, and names it", async () => {
    const { account } = await signedIn(db, { plan: "basic" });
    const { basic: _, ...plans } = await section("plans");
    const answer = await put({ plans });
    expect(answer).toMatchObject({
      status: 409,
      body: { code: "PLAN_IN_USE", errors: [{ path: "plans.basic" }] },
    });
    await db.collection("accounts").deleteOne({ _id: account._id });
    expect(await put({ plans })).toMatchObject({ status: 200 });
  });

  type Sections = { [name: string]: Record<string, object> };
  it.each<[string, (now: Sections) => object, string]>([
    [
      "a sign-up plan that is none",
      ({ registration }) => ({ registration: { ...registration, plan: "gold" } }),
      "registration.plan",
    ],
    [
      "no plan for those who sign up",
      ({ plans }) => ({ plans: { basic: plans?.basic } }),
      "registration.plan",
    ],
    [
      "a price above bounds",
      ({ levels }) => ({
        levels: { ...levels, low: { model: "m", credits: 10_001, conversations: 1 } },
      }),
      "levels.low.credits",
    ],
    [
      "a price below 0",
      ({ levels }) => ({
        levels: { ...levels, low: { model: "m", credits: -1, conversations: 1 } },
      }),
      "levels.low.credits",
    ],
    [
      "half a credit",
      ({ levels }) => ({
        levels: { ...levels, low: { model: "m", credits: 0.5, conversations: 1 } },
      }),
      "levels.low.credits",
    ],
    [
      "hashes cheaper than OWASP's",
      () => ({
        passwords: { min_length: 8, argon2id: { memory: 1_024, passes: 2, parallelism: 1 } },
      }),
      "passwords.argon2id.memory",
    ],
    [
      "a password minimum below 8",
      () => ({
        passwords: { min_length: 7, argon2id: { memory: 19_456, passes: 2, parallelism: 1 } },
      }),
      "passwords.min_length",
    ],
    [
      "sessions that outlive their refresh",
      () => ({ sessions: { hours: 25, refresh_days: 1, longest_days: 90, most: 10 } }),
      "sessions.refresh_days",
    ],
    [
      "a style that is none",
      ({ plans }) => ({
        plans: {
          ...plans,
          free: { ...plans?.free, r_types: ["bpe", "zen"] },
        },
      }),
      "plans.free.r_types",
    ],
    [
      "a rate of more than a thousand a second",
      ({ plans }) => ({
        plans: {
          ...plans,
          free: {
            ...plans?.free,
            rate: {
              other: { per_minute: 60_001 },
              chat: { per_minute: 1 },
              batch: { per_minute: 1 },
            },
          },
        },
      }),
      "plans.free.rate.other.per_minute",
    ],
    [
      "a plan's name that is none",
      ({ plans }) => ({
        plans: { ...plans, "Gold Plan": plans?.free },
      }),
      'plans["Gold Plan"]',
    ],
    [
      "a provider's key in place of its parameter",
      () => ({
        providers: [{ name: "one", url: "https://one.example/v1", key_parameter: "sk-secret" }],
      }),
      "providers[0].key_parameter",
    ],
    [
      "the parameter of another secret",
      () => ({
        providers: [
          {
            name: "one",
            url: "https://one.example/v1",
            key_parameter: "/promptenchanter/dev/token-secret",
          },
        ],
      }),
      "providers[0].key_parameter",
    ],
    [
      "a secret in a provider's address",
      () => ({ providers: [{ name: "one", url: "https://me:secret@one.example/v1" }] }),
      "providers[0].url",
    ],
    [
      "a secret in its query",
      () => ({ providers: [{ name: "one", url: "https://one.example/v1?key=secret" }] }),
      "providers[0].url",
    ],
    [
      "an address that is none of the web",
      () => ({ providers: [{ name: "one", url: "file:///etc/passwd" }] }),
      "providers[0].url",
    ],
    [
      "two providers of one name",
      () => ({
        providers: [1, 2].map((number) => ({ name: "one", url: `https://${number}.example/v1` })),
      }),
      "providers[1].name",
    ],
    [
      "a key for a provider as a field",
      () => ({ providers: [{ name: "one", url: "https://one.example/v1", key: "secret" }] }),
      "providers[0].key",
    ],
    [
      "a prompt that is too long",
      ({ prompts }) => ({ prompts: { ...prompts, bpe: "x".repeat(20_001) } }),
      "prompts.bpe",
    ],
    ["half a section", () => ({ sessions: { hours: 1 } }), "sessions.most"],
    ["an unknown section", () => ({ secrets: {} }), "secrets"],
    ["no section", () => ({}), ""],
  ])("422: refuses %s, by the name of the field", async (_, change, path) => {
    const answer = await put(change((await get()).body.settings));
    expect(answer).toMatchObject({ status: 422, body: { code: "VALIDATION_FAILED" } });
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path);
    expect(JSON.stringify(answer.body)).not.toContain("sk-secret");
    expect(await stored.countDocuments()).toBe(0);
    expect(await events.countDocuments()).toBe(0);
  });

  it("holds in every process within 10 s", async () => {
    let now = 0;
    const store = settingsStore({ run: (work) => work(db) });
    const processes = [0, 1, 2].map(() =>
      settingsReader({ store, environment: {}, now: () => now }),
    );
    const most = () =>
      Promise.all(processes.map(async (one) => (await one.current()).sessions.most));
    for (const [index, one] of processes.entries()) {
      now = index * 3_000;
      await one.current();
    }
    await put({ sessions: { ...(await section("sessions")), most: 4 } });
    now = 6_000 + 9_999;
    expect(await most()).toEqual([4, 4, 10]);
    now = 6_000 + 10_000;
    expect(await most()).toEqual([4, 4, 4]);
  });
});

describe("/v1/admin/system-prompts", () => {
  it("200: has the prompt of each style, and the version of all settings", async () => {
    const { status, headers, body } = await asking("GET system-prompts");
    expect(status).toBe(200);
    expect(headers?.ETag).toBe('"0"');
    expect(body).toEqual({
      success: true,
      message: expect.any(String),
      data: {
        prompts: defaultSettings.prompts,
        r_types: ["bpe", "bcot", "hcot", "react", "tot"],
        version: 0,
      },
    });
  });

  const change = (body: object, version: string | undefined = '"0"') =>
    asking("PUT system-prompts", { body, headers: { "If-Match": version } });

  it("200: is changed for one style, and the others stay", async () => {
    const { status, headers, body } = await change({
      r_type: "tot",
      prompt: "Think of three ways.",
    });
    expect(status).toBe(200);
    expect(headers?.ETag).toBe('"1"');
    expect(body).toEqual({
      success: true,
      message: expect.any(String),
      data: { r_type: "tot", version: 1 },
    });
    const { prompts } = (await asking("GET system-prompts")).body.data;
    expect(prompts).toEqual({ ...defaultSettings.prompts, tot: "Think of three ways." });
    const [event] = await eventsOf("settings_changed");
    expect(event?.details).toMatchObject({
      fields: ["prompts.tot"],
      after: { prompts: { tot: "Think of three ways." } },
    });
    // A long one is cut: an event is no archive.
    expect(event?.details.before.prompts.tot).toHaveLength(201);
  });

  it("428 and 412: needs the version that it was made from", async () => {
    const body = { r_type: "tot", prompt: "Think." };
    expect(await asking("PUT system-prompts", { body })).toMatchObject({ status: 428 });
    expect(await change(body, '"4"')).toMatchObject({ status: 412 });
  });

  it.each<[string, object, string]>([
    ["an unknown style", { r_type: "zen", prompt: "x" }, "r_type"],
    ["an empty prompt", { r_type: "bpe", prompt: "" }, "prompt"],
    [
      "a prompt of more than 20,000 characters",
      { r_type: "bpe", prompt: "x".repeat(20_001) },
      "prompt",
    ],
    ["an unknown field", { r_type: "bpe", prompt: "x", persist: true }, "persist"],
  ])("422: refuses %s", async (_, body, path) => {
    expect(await change(body)).toMatchObject({ status: 422, body: { errors: [{ path }] } });
  });
});

describe("DELETE /v1/admin/cache", () => {
  it("200: gives the settings another version, with or without any stored, and leaves them as they are", async () => {
    const { settings } = (await get()).body;
    for (const version of [1, 2]) {
      const { status, body } = await asking("DELETE cache");
      expect(status).toBe(200);
      expect(body).toEqual({ success: true, message: expect.any(String), data: null });
      expect((await get()).body).toMatchObject({ version, settings });
    }
    expect(await eventsOf("settings_refreshed")).toMatchObject([
      { severity: "info", actor: { kind: "staff", id: me.id } },
      { details: { version: 2 } },
    ]);
  });

  it("200: twice at once too", async () => {
    const answers = await Promise.all([asking("DELETE cache"), asking("DELETE cache")]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await get()).body.version).toBeGreaterThan(0);
  });
});

describe("who may see and change settings", () => {
  const names = Object.keys(endpoints) as Endpoint[];

  it.each(names)("401 and 403, before 428: only who has system_config, at %s", async (name) => {
    expect(await ask(endpoints[name], { body: {} })).toMatchObject({ status: 401 });
    for (const role of [supportOf("advanced"), adminWith("user_management")]) {
      const { token } = await signedInStaff(db, role);
      expect(await ask(endpoints[name], { token, body: {} })).toMatchObject({ status: 403 });
    }
  });
});
