import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import { ObjectId, Timestamp } from "mongodb";
import { collections } from "../../lib/collections.ts";
import { migrate } from "../../lib/db/migrate.ts";
import type { UsageEvent } from "../../lib/usage/event.ts";
import { percentile } from "../../lib/usage/histogram.ts";
import { testDatabase } from "../support/database.ts";
import {
  countedPlainly,
  countedRows,
  day,
  hour,
  keyOfEvent,
  minute,
  someEvent,
  usageWorld,
} from "../support/usage.ts";

jest.setTimeout(120_000);

const { db } = await testDatabase();
await migrate(db, collections);
const world = usageWorld(db);

/** Midnight lies in the middle of what is tried. */
const midnight = Date.UTC(2026, 5, 10);

/** Rows must be what a count over the raw events gives. */
async function expectRowsRight(): Promise<void> {
  const events = await world.events.find().toArray();
  const [hourly, daily] = await Promise.all([
    world.hourly.find().toArray(),
    world.daily.find().toArray(),
  ]);
  expect(countedRows(hourly)).toEqual(countedPlainly(events, keyOfEvent(hour)));
  expect(countedRows(daily)).toEqual(countedPlainly(events, keyOfEvent(day)));
}

const owners = [new ObjectId(), new ObjectId()];
const keys = [new ObjectId(), new ObjectId()];

/** Of a request, what says in which row of its hour it is counted. */
const randomRow = fc.record({
  who: fc.constantFrom("account", "account", "staff"),
  owner: fc.constantFrom(...owners),
  key: fc.constantFrom(undefined, ...keys),
  endpoint: fc.constantFrom("/v1/chat/completions", "/v1/users/profile"),
  status: fc.constantFrom(200, 200, 201, 404, 429, 503, undefined),
  model: fc.constantFrom(undefined, "gpt-4o", "gpt-4o-mini"),
  rType: fc.constantFrom(undefined, "tot"),
});

/** Most are in one row, so that runs have something to count twice or to lose. */
const crowded = fc.constant({
  who: "account",
  owner: owners[0],
  key: keys[0],
  endpoint: "/v1/chat/completions",
  status: 200,
  model: "gpt-4o",
  rType: undefined,
});

/** Of a request: when it was made, and how much later its event was recorded. */
const randomEvent = fc
  .record({
    at: fc.integer({ min: midnight - 3 * hour, max: midnight + 3 * hour }),
    // Most are recorded at once, some after 15 minutes, some by the sweeper or a replay.
    late: fc.oneof(
      fc.integer({ min: 0, max: 2_000 }),
      fc.constant(15 * minute),
      fc.integer({ min: 0, max: 5 * hour }),
    ),
    row: fc.oneof({ arbitrary: crowded, weight: 2 }, { arbitrary: randomRow, weight: 1 }),
    outcome: fc.constantFrom("captured", "answered", "failed", "refused", "abandoned", "late"),
    // Halves add up without rounding, so that sums may be compared exactly.
    duration: fc.option(
      fc.integer({ min: 0, max: 1_800_000 }).map((half) => half / 2),
      {
        nil: undefined,
      },
    ),
    code: fc.constantFrom(undefined, "RATE_LIMIT_EXCEEDED"),
    tokens: fc.option(fc.integer({ min: 0, max: 1_000_000 }), { nil: undefined }),
    succeeded: fc.option(fc.integer({ min: 0, max: 50 }), { nil: undefined }),
    credits: fc.integer({ min: 0, max: 9 }),
  })
  .map(
    ({
      at,
      late,
      row: { who, owner, ...row },
      tokens,
      succeeded,
      credits,
      ...given
    }): UsageEvent => {
      const { account: _, ...event } = someEvent({
        at: new Date(at),
        recorded: new Date(at + late),
        credits: { allowance: credits, balance: 2 * credits },
      });
      const optional = {
        ...given,
        ...row,
        tokens: tokens === undefined ? undefined : { input: tokens, output: 1, estimated: true },
        tasks:
          succeeded === undefined
            ? undefined
            : { total: 50, succeeded, failed: 0, unfinished: 0, models: [], rTypes: [] },
      };
      for (const [name, value] of Object.entries(optional)) {
        if (value === undefined) delete (event as Record<string, unknown>)[name];
        else (event as Record<string, unknown>)[name] = value;
      }
      return { ...event, [who]: owner } as UsageEvent;
    },
  );

/** What happens between two runs that must come out right. */
const incidents = ["a run", "two at once", "one killed", "one paused", "three times"] as const;

const kill = new Error("killed");

const incident = {
  "a run": () => world.aggregate(),
  "two at once": async () => {
    const one = world.aggregate({
      write: async (...args) => {
        // So that the lease keeps the other out no longer.
        await world.expireLeases();
        await world.hours.write(...args);
      },
    });
    await Promise.all([one, world.aggregate(), world.rollUp(), world.aggregate()]);
  },
  "three times": async () => {
    for (let times = 0; times < 3; times++) await world.aggregate();
  },
  "one killed": async () => {
    let writes = 0;
    const write: typeof world.hours.write = async (...args) => {
      writes += 1;
      if (writes === 2) throw kill;
      return world.hours.write(...args);
    };
    await world.aggregate({ write }).catch((error) => expect(error).toBe(kill));
  },
  "one paused": async () => {
    const began = world.clock();
    let slept = false;
    const others = Promise.withResolvers<void>();
    const paused = Promise.withResolvers<void>();
    const sleeper = world.aggregate({
      write: async (time, upTo) => {
        // Something comes that this run leaves to the next, in a row that this run writes.
        const seconds = Math.floor(began.getTime() / 1_000) - 30;
        const same = await world.events.findOne({ at: { $gte: time } }, { sort: { at: 1 } });
        const recorded = new Timestamp({ t: seconds, i: 1 });
        if (!slept && same) await world.insert({ ...same, _id: randomUUID(), recorded });
        slept = true;
        paused.resolve();
        await others.promise;
        return world.hours.write(time, upTo);
      },
    });
    await Promise.race([paused.promise, sleeper]);
    await world.expireLeases();
    world.setClock(new Date(world.clock().getTime() + minute));
    await world.aggregate();
    await world.rollUp();
    others.resolve();
    await sleeper;
  },
} satisfies Record<(typeof incidents)[number], () => Promise<unknown>>;

describe("hours and days", () => {
  it("are what a count over the events gives, whatever happened to the runs before", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(randomEvent, { minLength: 1, maxLength: 40 }),
        fc.array(fc.constantFrom(...incidents), { minLength: 1, maxLength: 4 }),
        async (events, happened) => {
          await world.clear();
          world.setClock(new Date(midnight - 3 * hour));
          const waiting = [...events].sort((one, other) =>
            Number(one.recorded.toBigInt() - other.recorded.toBigInt()),
          );
          for (const what of happened) {
            const time = world.clock().getTime() / 1_000;
            const count = waiting.findIndex(({ recorded }) => recorded.getHighBits() >= time);
            const ready = waiting.splice(0, count < 0 ? waiting.length : count);
            if (ready.length > 0) await world.insert(...ready);
            await incident[what]();
            if (ready.length % 2 === 0) await world.rollUp();
            world.setClock(new Date(world.clock().getTime() + 2 * hour));
          }
          if (waiting.length > 0) await world.insert(...waiting);
          world.setClock(new Date(midnight + 2 * day));
          await world.expireLeases();
          await world.aggregate();
          await world.rollUp();
          await expectRowsRight();
        },
      ),
      { numRuns: 40 },
    );
  });

  it("count in bounded steps after an outage, and go on where a run had no time left", async () => {
    await world.clear();
    const events = Array.from({ length: 30 }, (_, count) =>
      someEvent({ at: new Date(midnight + count * 3 * hour) }),
    );
    await world.insert(...events);
    world.setClock(new Date(midnight + 5 * day));
    let runs = 0;
    const steps: number[] = [];
    const budget = 200;
    const write: typeof world.hours.write = async (time, upTo) => {
      steps.push(upTo.getTime());
      await world.hours.write(time, upTo);
      // Each run has time for two steps.
      await sleep(budget * 0.6);
    };
    for (; steps.length < 30 && runs < 300; runs++) await world.aggregate({ write }, budget);
    expect(runs).toBeGreaterThan(10);
    // Each step has one hour of events.
    expect(new Set(steps).size).toBe(30);
    await world.rollUp();
    await expectRowsRight();
  });

  it("leave what was recorded in the last minute to the next run", async () => {
    await world.clear();
    const now = new Date(midnight + hour);
    const recordedBefore = (seconds: number) =>
      someEvent({ at: new Date(midnight), recorded: new Date(now.getTime() - seconds * 1_000) });
    await world.insert(recordedBefore(62), recordedBefore(58));
    world.setClock(now);
    await world.aggregate();
    expect(await world.hourly.find().toArray()).toMatchObject([{ requests: 1 }]);
    world.setClock(new Date(now.getTime() + minute));
    await world.aggregate();
    expect(await world.hourly.find().toArray()).toMatchObject([{ requests: 2 }]);
  });

  it("know percentiles within 5 % of the exact ones", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: 0.1, max: 900_000, noNaN: true }), {
          minLength: 1,
          maxLength: 200,
        }),
        async (durations) => {
          await world.clear();
          const at = (place: number) => new Date(midnight + (place % 24) * hour);
          await world.insert(
            ...durations.map((duration, place) => someEvent({ at: at(place), duration })),
          );
          world.setClock(new Date(midnight + 2 * day));
          await world.aggregate();
          await world.rollUp();
          const [row] = await world.daily.find().toArray();
          const sorted = [...durations].sort((one, other) => one - other);
          for (const share of [0.5, 0.95, 0.99]) {
            const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
            const known = percentile(row?.histogram ?? [], share) ?? Number.NaN;
            expect(Math.abs(known - exact) / exact).toBeLessThan(0.05);
          }
        },
      ),
      { numRuns: 15 },
    );
  });
});
