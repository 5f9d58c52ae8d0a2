import { beforeEach, describe, expect, it } from "@jest/globals";
import { parseEnv } from "../../lib/env.ts";
import { Failure } from "../../lib/errors.ts";
import { environmentSettings } from "../../lib/settings/environment.ts";
import { overridden } from "../../lib/settings/overrides.ts";
import { settingsReader } from "../../lib/settings/reader.ts";
import { defaultSettings, Settings } from "../../lib/settings/rules.ts";

let now = 0;
let stored: Record<string, unknown> = {};
let reads = 0;
let away = false;
let hangs = false;

beforeEach(() => {
  now = 0;
  stored = {};
  reads = 0;
  away = false;
  hangs = false;
});

const reader = (environment: Record<string, unknown> = {}) =>
  settingsReader({
    environment,
    now: () => now,
    store: {
      service: async () => {
        reads += 1;
        if (hangs) await new Promise(() => {});
        if (away) throw new Failure("DATABASE_UNAVAILABLE");
        return { version: 1, value: stored, updatedAt: undefined, updatedBy: undefined };
      },
    },
  });

describe("the default settings", () => {
  it("are settings", () => {
    expect(Settings.parse(defaultSettings)).toEqual(defaultSettings);
  });

  it.each([
    ["free", [30, 10, 5, 2]],
    ["basic", [60, 20, 10, 5]],
    ["pro", [100, 50, 20, 20]],
    ["enterprise", [500, 200, 100, 100]],
  ])(
    "allow plan %s what the contract says: other, chat, batch a minute and open at once",
    (name, figures) => {
      const plan = defaultSettings.plans[name];
      expect([
        plan?.rate.other.perMinute,
        plan?.rate.chat.perMinute,
        plan?.rate.batch.perMinute,
        plan?.openAtOnce,
      ]).toEqual(figures);
    },
  );
});

describe("reading the settings", () => {
  it("asks the database once every 10 s, however many ask", async () => {
    const settings = reader();
    await Promise.all(Array.from({ length: 20 }, () => settings.current()));
    expect(reads).toBe(1);
    now = 9_999;
    await settings.current();
    expect(reads).toBe(1);
    stored = { sessions: { hours: 1 } };
    now = 10_000;
    expect((await settings.current()).sessions).toEqual({ ...defaultSettings.sessions, hours: 1 });
    expect(reads).toBe(2);
  });

  it("puts what is stored before the environment, and the environment before the defaults", async () => {
    stored = { registration: { credits: 9 } };
    const { registration } = await reader({
      registration: { credits: 3, enabled: false },
    }).current();
    expect(registration).toEqual({ ...defaultSettings.registration, credits: 9, enabled: false });
  });

  it("keeps what it knows while the database is away, and fails if it knows nothing", async () => {
    const settings = reader();
    away = true;
    await expect(settings.current()).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
    away = false;
    await settings.current();
    away = true;
    now = 60_000;
    expect(await settings.current()).toEqual(defaultSettings);
  });

  it("waits a second and no longer for newer ones while it has old ones", async () => {
    const settings = reader();
    await settings.current();
    hangs = true;
    now = 60_000;
    const startedAt = performance.now();
    expect(await settings.current()).toEqual(defaultSettings);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it.each([
    ["a password minimum below 8", { passwords: { minLength: 4 } }, "passwords.minLength"],
    ["hashes cheaper than OWASP's", { passwords: { argon2id: { memory: 1_024 } } }, "memory"],
    ["a sign-up plan that is none", { registration: { plan: "gold" } }, "registration.plan"],
    ["one that every object has", { registration: { plan: "constructor" } }, "registration.plan"],
  ])("refuses %s by name", async (_, value, named) => {
    stored = value;
    await expect(reader().current()).rejects.toThrow(named);
  });

  it("leaves out what only a later release knows, and refuses what is wrong beside it", async () => {
    stored = {
      registration: { credits: 9, captcha: true },
      plans: { free: { rate: { chat: { perWeek: 3 } } } },
      search: { provider: "x" },
    };
    const expected = { ...defaultSettings.registration, credits: 9 };
    expect(await reader().current()).toEqual({ ...defaultSettings, registration: expected });
    stored = { search: {}, passwords: { minLength: 4 } };
    await expect(reader().current()).rejects.toThrow("passwords.minLength");
  });

  it("lets no stored key reach a prototype", async () => {
    stored = JSON.parse('{"__proto__": {"polluted": true}}');
    expect(await reader().current()).toEqual(defaultSettings);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe("the former API's names in the environment", () => {
  const settingsOf = (variables: Record<string, string>) => {
    const env = parseEnv({
      MONGODB_URI: "mongodb://localhost",
      TOKEN_SECRET: "a secret of the tests, long enough",
      ...variables,
    });
    return Settings.parse(overridden(defaultSettings, environmentSettings(env)));
  };

  it("change nothing where they are not set", () => {
    expect(settingsOf({})).toEqual(defaultSettings);
  });

  it("set what they always set", () => {
    const settings = settingsOf({
      USER_REGISTRATION_ENABLED: "false",
      EMAIL_VERIFICATION_ENABLED: "true",
      EMAIL_VERIFICATION_TOKEN_EXPIRY_HOURS: "12",
      EMAIL_VERIFICATION_RESEND_LIMIT_PER_DAY: "7",
      DEFAULT_USER_CREDITS: '{"main": 25, "reset": 20}',
      DEFAULT_USER_LIMITS: '{"conversation_limit": 30, "reset": 30}',
      DEFAULT_USER_ACCESS_RTYPE: '["react"]',
      DEFAULT_USER_LEVEL: "ultra",
      SESSION_DURATION_HOURS: "8",
      REFRESH_TOKEN_DURATION_DAYS: "10",
    });
    expect(settings.registration).toMatchObject({ enabled: false, credits: 5 });
    expect(settings.verification).toMatchObject({ required: true, hours: 12, sendsPerDay: 7 });
    expect(settings.sessions).toMatchObject({ hours: 8, refreshDays: 10 });
    expect(settings.plans.free).toMatchObject({
      level: 4,
      rTypes: ["react"],
      dailyCredits: 20,
      dailyConversations: 30,
    });
  });
});
