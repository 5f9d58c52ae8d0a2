import { describe, expect, it } from "@jest/globals";
import { collections } from "../../lib/collections.ts";
import { migrate } from "../../lib/db/migrate.ts";
import type { StoredJob } from "../../lib/jobs/document.ts";
import { type Lease, leaseStore } from "../../lib/jobs/lease-store.ts";
import { testDatabase } from "../support/database.ts";

const { db } = await testDatabase();
await migrate(db, collections);
const leases = leaseStore({ run: (work) => work(db) });
const jobs = db.collection<StoredJob>("jobs");

/** As if a holder had died two minutes ago. */
const expire = (job: string) =>
  jobs.updateOne({ _id: job }, { $set: { "lease.until": new Date(0) } });

const taken = async (job: string): Promise<Lease> => {
  const lease = await leases.take(job);
  if (!lease) throw new Error(`somebody else has ${job}`);
  return lease;
};

describe("a lease of a job", () => {
  it("is one's at a time, of many who ask at once", async () => {
    const asked = await Promise.all(Array.from({ length: 8 }, () => leases.take("once")));
    expect(asked.filter((lease) => lease !== undefined)).toHaveLength(1);
    expect(await leases.take("once")).toBeUndefined();
    expect(await leases.take("another")).toBeDefined();
  });

  it("is free again once released, and two minutes after its holder died", async () => {
    const lease = await taken("freed");
    expect(await lease.keep()).toBe(true);
    await lease.release();
    const next = await taken("freed");
    const { until } = (await leases.state("freed")).lease ?? {};
    expect(Number(until) - next.now.getTime()).toBe(120_000);
    await expire("freed");
    expect(await leases.take("freed")).toBeDefined();
  });

  it("that another has by now is neither kept nor released by who had it", async () => {
    const lease = await taken("lost");
    await expire("lost");
    const next = await taken("lost");
    expect(await lease.keep()).toBe(false);
    await lease.release();
    expect(await leases.take("lost")).toBeUndefined();
    expect(await next.keep()).toBe(true);
  });

  it("tells how far the job has come, which only grows", async () => {
    const lease = await taken("marked");
    expect(lease.watermark).toBeUndefined();
    await lease.finish(new Date(2_000));
    await lease.finish(new Date(1_000));
    await lease.release();
    expect((await taken("marked")).watermark).toEqual(new Date(2_000));
    expect(await leases.state("never")).toEqual({});
  });
});
