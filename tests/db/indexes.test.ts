import { readdirSync } from "node:fs";
import { describe, expect, it, jest } from "@jest/globals";
import type { Document } from "mongodb";
import type { UsageEvent } from "../../lib/usage/event.ts";
import { lambdaContext } from "../support/api-event.ts";
import { queriesOf, type SentCommand, stagesOf } from "../support/explain.ts";
import { loadFunction } from "../support/functions.ts";
import { wholeService } from "../support/service.ts";
import { someEvent } from "../support/usage.ts";

jest.setTimeout(60_000);

const { db, env, endpoints, sampleOf, send } = await wholeService();
const { database, jobDatabase } = await import("../../lib/runtime.ts");
const clients = await Promise.all(
  [database, jobDatabase].map((one) => one.run(async ({ client }) => client)),
);

// So that the jobs of usage have something to count, to add up and to remove.
const old = new Date(Date.now() - 100 * 24 * 3_600_000);
const monthsAgo = Date.now() - 120 * 24 * 3_600_000;
await db
  .collection<UsageEvent>("usageEvents")
  .insertMany([0, 25 * 3_600_000].map((age) => someEvent({ at: new Date(monthsAgo - age) })));

/** The commands that are sent during `work`. */
async function sentDuring(work: () => Promise<unknown>): Promise<SentCommand[]> {
  const sent: SentCommand[] = [];
  const note = ({ commandName, command }: SentCommand) => sent.push({ commandName, command });
  for (const client of clients) client.on("commandStarted", note);
  await work().finally(() => {
    for (const client of clients) client.off("commandStarted", note);
  });
  return sent;
}

/** Queries that no index serves, with their plans. */
async function unserved(sent: SentCommand[]): Promise<Document[]> {
  const found: Document[] = [];
  for (const query of sent.flatMap(queriesOf)) {
    const stages = await stagesOf(db, query);
    if (stages.length === 0 || stages.includes("COLLSCAN") || stages.includes("SORT")) {
      found.push({ ...query, stages });
    }
  }
  return found;
}

const jobs = readdirSync("functions/jobs")
  .filter((file) => file.endsWith(".ts"))
  .map((file) => `jobs/${file.slice(0, -".ts".length)}`);

describe("every query is served by an index", () => {
  it.each(endpoints)("of %s, also when it refuses", async (name) => {
    const sent = await sentDuring(async () => {
      const { who, sample } = await sampleOf(name);
      const texts = Object.entries(sample.body ?? {}).filter(
        ([, good]) => typeof good === "string",
      );
      const wrong = texts.map(([field, good]) => ({ ...sample.body, [field]: `${good}x` }));
      const refusals = wrong.map((body) => send(name, who, sample, { body: JSON.stringify(body) }));
      await Promise.all(refusals);
      const good = await sampleOf(name);
      expect(await send(name, good.who, good.sample)).toMatchObject({ status: sample.status });
    });
    expect(await unserved(sent)).toEqual([]);
  });

  it.each(jobs)("of %s", async (job) => {
    const run = (await loadFunction(job, env)) as unknown as (
      event: object,
      context: object,
    ) => Promise<unknown>;
    const sent = await sentDuring(() => run({}, lambdaContext()));
    expect(sent.flatMap(queriesOf)).not.toEqual([]);
    expect(await unserved(sent)).toEqual([]);
    if (job === "jobs/roll-up-days") {
      expect(await db.collection("usageHourly").countDocuments()).toBeGreaterThan(1);
      expect(await db.collection("usageEvents").countDocuments({ at: { $lt: old } })).toBe(0);
    }
  });

  it("of a refresh token that is used again", async () => {
    const name = "POST /v1/users/refresh";
    const { who, sample } = await sampleOf(name);
    const sent = await sentDuring(async () => {
      const { body } = await send(name, who, sample);
      const next = JSON.stringify({ refresh_token: body.session.refresh_token });
      await send(name, who, sample, { body: next });
      expect(await send(name, who, sample)).toMatchObject({ status: 401 });
    });
    expect(await unserved(sent)).toEqual([]);
  });

  it("which a query without one does not pass", async () => {
    const sent = await sentDuring(() =>
      database.run((used) => used.collection("accounts").findOne({ name: "Some One" })),
    );
    expect(await unserved(sent)).toHaveLength(1);
  });
});
