import { describe, expect, it } from "@jest/globals";
import { collections } from "../../lib/collections.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { testDatabase } from "../support/database.ts";
import { day, hour, minute, someEvent, usageWorld } from "../support/usage.ts";

const { db } = await testDatabase();
await migrate(db, collections);
const world = usageWorld(db);

const retention = 90 * day;
const now = new Date(Date.UTC(2026, 5, 10, 12));
const ago = (milliseconds: number): Date => new Date(now.getTime() - milliseconds);

/** Three events of an hour that is past the retention, and one that is not. */
async function counted(): Promise<void> {
  await world.clear();
  world.setClock(now);
  const old = () => someEvent({ at: ago(retention + 2 * hour), duration: 100 });
  await world.insert(old(), old(), old(), someEvent({ at: ago(retention - day) }));
  await world.aggregate();
}

const rowsOf = (collection: typeof world.hourly) =>
  collection
    .find()
    .sort({ "_id.time": 1 })
    .map(({ requests }) => requests)
    .toArray();

describe("the removal of events", () => {
  it("takes those that hours and days have and that are past the retention, and leaves the rows", async () => {
    await counted();
    expect(await world.rollUp(retention)).toEqual({ days: 2, removed: 3 });
    expect(await world.events.countDocuments()).toBe(1);
    expect(await rowsOf(world.hourly)).toEqual([3, 1]);
    expect(await rowsOf(world.daily)).toEqual([3, 1]);
  });

  it("takes none that was not counted yet, however old", async () => {
    await world.clear();
    world.setClock(now);
    await world.insert(someEvent({ at: ago(retention + hour), recorded: ago(30_000) }));
    await world.aggregate();
    expect(await world.rollUp(retention)).toEqual({ days: 0, removed: 0 });
    expect(await world.events.countDocuments()).toBe(1);
  });

  it("waits for the counting of hours after an outage of both", async () => {
    await world.clear();
    world.setClock(now);
    const times = [retention + 5 * day, retention + 3 * day, retention + day];
    await world.insert(...times.map((age) => someEvent({ at: ago(age) })));
    let writes = 0;
    const aborted = world.aggregate({
      write: async (...args) => {
        writes += 1;
        if (writes === 2) throw new Error("killed");
        return world.hours.write(...args);
      },
    });
    await expect(aborted).rejects.toThrow("killed");
    await world.rollUp(retention);
    await world.aggregate();
    await world.rollUp(retention);
    expect(await rowsOf(world.hourly)).toEqual([1, 1, 1]);
    expect(world.counted).toEqual({});
    expect(await world.events.countDocuments()).toBe(0);
  });

  it("lets no event that comes later shrink an hour whose events are gone; it is counted as too late", async () => {
    await counted();
    await world.rollUp(retention);
    const late = someEvent({ at: ago(retention + 2 * hour), recorded: ago(0) });
    await world.insert(late);
    world.setClock(new Date(now.getTime() + 2 * minute));
    expect(await world.aggregate()).toEqual({ events: 0, hours: 0, tooLate: 1 });
    await world.rollUp(retention);
    expect(await rowsOf(world.hourly)).toEqual([3, 1]);
    expect(await rowsOf(world.daily)).toEqual([3, 1]);
    expect(world.counted).toEqual({ UsageEventsTooLate: 1 });
    expect(world.lines.at(-1)).toMatchObject({ level: "error", fields: { events: 1 } });
  });

  it("lets no worker that began before it count an hour of which events are gone", async () => {
    await counted();
    // A worker that paused after it had looked which hours may be counted.
    const pausedWorker = () =>
      world.hours.write(new Date(Date.UTC(2026, 2, 12, 10)), new Date(now.getTime() + minute));
    const [row] = await world.hourly.find().sort({ "_id.time": 1 }).toArray();
    expect(row?._id.time).toEqual(new Date(Date.UTC(2026, 2, 12, 10)));
    await world.rollUp(retention);
    await world.insert(someEvent({ at: ago(retention + 2 * hour), duration: 1 }));
    await pausedWorker();
    expect(await rowsOf(world.hourly)).toEqual([3, 1]);
  });
});
