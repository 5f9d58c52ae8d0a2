import fs from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { ObjectId } from "mongodb";
import { collections } from "../../lib/collections.ts";
import { replayEvent } from "../../lib/credits/replay-event.ts";
import { settlementStore } from "../../lib/credits/settlement-store.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { usageEventStore } from "../../lib/usage/event-store.ts";
import { eventOf, say } from "../functions/chat/support.ts";
import { signedIn } from "../support/accounts.ts";
import { lambdaContext } from "../support/api-event.ts";
import { ask } from "../support/ask.ts";
import { embeddedServer } from "../support/embedded.ts";
import { loadFunction } from "../support/functions.ts";
import { meteredAccount, stateOf, testMetering } from "../support/metering.ts";
import { someAddress, someRegistration } from "../support/people.ts";
import { good, scriptedUpstream } from "../support/scripted-upstream.ts";
import { listenedLog } from "../support/secrets.ts";

jest.setTimeout(60_000);

const directory = await mkdtemp(join(tmpdir(), "no-space-"));
afterAll(() => rm(directory, { recursive: true, force: true }));

let isFull = false;
beforeEach(() => {
  isFull = false;
});
const writeSync = ((...args: Parameters<typeof fs.writeSync>) => {
  if (isFull) throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  return fs.writeSync(...args);
}) as typeof fs.writeSync;
const { db, uri } = await embeddedServer({ directory, files: { ...fs, writeSync } });
await migrate(db, collections);

const upstream = await scriptedUpstream(
  new Map([
    [
      "fills the disk",
      (response, streamed) => {
        isFull = true;
        good(response, streamed);
      },
    ],
  ]),
);

const log = listenedLog();
const env = {
  ...log.env,
  MONGODB_URI: uri,
  MONGODB_DATABASE: db.databaseName,
  UPSTREAM_URL: `${upstream.url}/v1`,
  UPSTREAM_API_KEY: "the-provider's-own-key-4711",
};
log.keepSecret(env.UPSTREAM_API_KEY);
const complete = await loadFunction("chat/completions", env);
const register = await loadFunction("users/register", env);
const update = await loadFunction("users/update-profile", env);
const database = { run: <Result>(work: (one: typeof db) => Promise<Result>) => work(db) };
const metering = testMetering(database);

const balance = 100_000;

async function somebody() {
  const { account, text: key } = await meteredAccount(db, {
    balance,
    allowance: { day: "2026-01-01", perDay: 0, used: 0 },
    conversations: { day: "2026-01-01", perDay: balance, used: 0 },
    override: { rate: { chat: { perMinute: 60_000, burst: 60_000 } }, openAtOnce: 10_000 },
  });
  log.keepSecret(key);
  return { id: account._id, key };
}

async function chat(key: string, content = "Hello", stream = false) {
  const body = { model: "pe-low", messages: say(content), stream };
  const event = eventOf("/v1/chat/completions", { key, body });
  const { statusCode: status, headers, body: text } = await complete(event, lambdaContext(40_000));
  return { status, id: String(headers?.["X-Request-Id"]), text };
}

/** Milliseconds until a request is served. */
async function untilServed(key: string): Promise<number> {
  const startedAt = performance.now();
  while ((await chat(key)).status !== 200) await sleep(20);
  return performance.now() - startedAt;
}

const capturedOf = async (id: ObjectId): Promise<Set<string>> =>
  new Set(
    (await stateOf(db, id)).events
      .filter(({ outcome }) => outcome === "captured")
      .map(({ _id }) => _id),
  );

describe("without space for the database", () => {
  it("a request is refused by 503 before the model is asked, and holds nothing", async () => {
    const { id, key } = await somebody();
    isFull = true;
    const { status, text } = await chat(key, "never asked");
    expect({ status, code: JSON.parse(text).error.code }).toEqual({
      status: 503,
      code: "DATABASE_UNAVAILABLE",
    });
    expect(upstream.taken("never asked")).toBe(0);
    isFull = false;
    expect(await untilServed(key)).toBeLessThan(5_000);
    expect((await stateOf(db, id)).account).toMatchObject({ balance: balance - 1, holds: [] });
    log.expectNoSecret();
  });

  it("nobody is registered, and whoever asks again once there is space is", async () => {
    const registration = someRegistration();
    const ip = someAddress();
    isFull = true;
    expect(await ask(register, { body: registration, ip })).toMatchObject({
      status: 503,
      body: { code: "DATABASE_UNAVAILABLE" },
    });
    isFull = false;
    const { status, body } = await ask(register, { body: registration, ip });
    expect(status).toBe(201);
    log.keepSecret(registration.password, body.api_key);
    log.expectNoSecret();
  });

  it.each([
    ["whole", false],
    ["stream", true],
  ])(
    "a %s answer that can't be charged in time goes out, and its charge stands in the log to be replayed",
    async (_, stream) => {
      const { id, key } = await somebody();
      const logged = log.lines.length;
      const { status } = await chat(key, "fills the disk", stream);
      expect(status).toBe(200);
      isFull = false;
      expect(await untilServed(key)).toBeLessThan(5_000);
      const { account, events } = await stateOf(db, id);
      expect(account).toMatchObject({ balance: balance - 2, holds: [{}] });
      expect(events).toHaveLength(1);

      const deps = { settlements: settlementStore(database), events: usageEventStore(database) };
      const lines = log.lines.slice(logged).flatMap((text) => text.trim().split("\n"));
      const replayed = await Promise.all(lines.map((line) => replayEvent(deps, line, new Date())));
      expect(replayed.filter((what) => what !== "no event")).toEqual(["recorded"]);
      const after = await stateOf(db, id);
      expect(after.account).toMatchObject({ balance: balance - 2, holds: [] });
      expect(after.events.map(({ outcome }) => outcome)).toEqual(["captured", "captured"]);
      expect(await metering.audit()).toMatchObject({ mismatches: 0, unsettled: 0 });
      log.expectNoSecret();
    },
  );

  it("for a while under load, everything that was acknowledged is kept, and service is back within 5 s", async () => {
    const { id, key } = await somebody();
    const { account: reader, tokens } = await signedIn(db);
    log.keepSecret(tokens.session_token, tokens.refresh_token);
    const seen = new Set<number>();
    const answered: string[] = [];
    let [asking, written, last] = [true, 0, ""];
    const askChats = async (): Promise<void> => {
      while (asking) {
        const { status, id: request } = await chat(key, "Hello", answered.length % 2 === 0);
        seen.add(status);
        if (status === 200) answered.push(request);
        else await sleep(20);
      }
    };
    const changeProfile = async (): Promise<void> => {
      while (asking) {
        const about = `change ${++written}`;
        const sent = { token: tokens.session_token, body: { about_me: about } };
        const { status } = await ask(update, sent);
        seen.add(status);
        if (status === 200) last = about;
        else await sleep(20);
      }
    };
    const load = [...Array.from({ length: 6 }, askChats), changeProfile()];
    await sleep(1_000);
    isFull = true;
    await sleep(2_000);
    isFull = false;
    const back = await untilServed(key);
    await sleep(500);
    asking = false;
    await Promise.all(load);

    expect(back).toBeLessThan(5_000);
    expect([...seen].sort()).toEqual([200, 503]);
    const captured = await capturedOf(id);
    expect(answered.filter((request) => !captured.has(request))).toEqual([]);
    const { account, ledger, events } = await stateOf(db, id);
    expect(account).toMatchObject({ balance: balance - captured.size, holds: [], postings: [] });
    // One entry for each request that was held, and that of the sign-up.
    expect(ledger).toHaveLength(events.length + 1);
    expect((await stateOf(db, reader._id)).account.aboutMe).toBe(last);
    expect(await metering.audit()).toMatchObject({ mismatches: 0, unsettled: 0 });
    log.expectNoSecret();
  });
});
