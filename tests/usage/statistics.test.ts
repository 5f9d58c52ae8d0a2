import { afterAll, describe, expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import { ObjectId } from "mongodb";
import { collections } from "../../lib/collections.ts";
import { openDatabase } from "../../lib/db/connection.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { allUsage, ownUsage } from "../../lib/usage/current-rows.ts";
import type { UsageEvent } from "../../lib/usage/event.ts";
import { addedUp, figuresView } from "../../lib/usage/figures.ts";
import { statisticsStore } from "../../lib/usage/statistics-store.ts";
import { monitored } from "../support/commands.ts";
import { testDatabase } from "../support/database.ts";
import type { SentCommand } from "../support/explain.ts";
import { countedPlainly, day, hour, minute, someEvent, usageWorld } from "../support/usage.ts";

jest.setTimeout(120_000);

const { db, uri, name } = await testDatabase();
await migrate(db, collections);
const world = usageWorld(db);
const database = openDatabase({ uri: () => monitored(uri), name });
afterAll(() => database.close());
const statistics = statisticsStore(database);

const owners = [new ObjectId(), new ObjectId()] as const;
const start = Date.UTC(2026, 5, 10, 22);
const range = { from: new Date(start - 2 * day), to: new Date(start + 2 * day) };

/** Of all events that are stored, those of an account or of all. */
const stored = async (account?: ObjectId): Promise<UsageEvent[]> =>
  world.events.find(account ? { account } : {}).toArray();

const plain = (events: readonly UsageEvent[]) => {
  const { all = { requests: 0, failed: 0, inputTokens: 0, outputTokens: 0, messages: 0 } } =
    countedPlainly(events, () => "all");
  const { requests, failed, inputTokens, outputTokens, messages } = all;
  return { requests, failed, messages, tokens: inputTokens + outputTokens };
};

const told = (parts: Parameters<typeof addedUp>[0]) => {
  const { requests, failed, messages, tokens } = figuresView(addedUp(parts));
  return { requests, failed, messages, tokens: tokens.total };
};

/** What the statistics say must be what is stored at this moment. */
async function expectStatisticsRight(): Promise<void> {
  for (const bucket of ["hour", "day"] as const) {
    for (const account of owners) {
      const own = await ownUsage(statistics, { ...range, account, bucket });
      expect([bucket, told(own)]).toEqual([bucket, plain(await stored(account))]);
    }
    const all = await allUsage(statistics, { ...range, bucket });
    expect([bucket, told(all)]).toEqual([bucket, plain(await stored())]);
  }
}

const kill = new Error("killed");

/** What may be under way or left behind when somebody asks. */
const moments = {
  "nothing was counted": async () => {},
  "all was counted": async () => {
    await world.aggregate();
    await world.rollUp();
  },
  "hours were counted, days not": () => world.aggregate(),
  "a run was killed half-way": async () => {
    let writes = 0;
    const write: typeof world.hours.write = async (...args) => {
      writes += 1;
      if (writes > 1) throw kill;
      await world.hours.write(...args);
    };
    await world.aggregate({ write }).catch((error) => expect(error).toBe(kill));
    await world.rollUp();
  },
  "a run was killed before it was finished": async () => {
    const recorded: typeof world.hours.recorded = async (from, to) => {
      for (const { _id } of await world.hours.recorded(from, to)) await world.hours.write(_id, to);
      throw kill;
    };
    await world.aggregate({ recorded }).catch((error) => expect(error).toBe(kill));
    await world.rollUp();
  },
} satisfies Record<string, () => Promise<unknown>>;

const randomEvent = fc.record({
  account: fc.constantFrom(...owners),
  hours: fc.integer({ min: 0, max: 3 }),
  endpoint: fc.constantFrom("/v1/chat/completions", "/v1/models"),
  outcome: fc.constantFrom("captured", "failed", "late"),
});

describe("statistics", () => {
  it("are what a count over the events gives at any moment, whatever became of the runs before", async () => {
    const round = fc.record({
      events: fc.array(randomEvent, { maxLength: 6 }),
      moment: fc.constantFrom(...(Object.keys(moments) as (keyof typeof moments)[])),
      // Events of this minute are in no row yet.
      seconds: fc.constantFrom(1, 30, 90),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 5 }), async (rounds) => {
        await world.clear();
        let now = start;
        for (const { events, moment, seconds } of rounds) {
          const made = events.map(({ hours, ...event }) =>
            someEvent({
              ...event,
              at: new Date(now - hours * hour),
              recorded: new Date(now),
            } as Parameters<typeof someEvent>[0]),
          );
          if (made.length > 0) await world.insert(...made);
          now += seconds * 1_000;
          world.setClock(new Date(now));
          await world.expireLeases();
          await moments[moment]();
          await expectStatisticsRight();
        }
      }),
      { numRuns: 40 },
    );
  });

  it("of one account over 90 days take two statements, and look at no event that is in a row", async () => {
    await world.clear();
    const [account] = owners;
    const many = Array.from({ length: 90 }, (_, days) =>
      someEvent({ account, at: new Date(start - days * day) }),
    );
    await world.insert(...many);
    world.setClock(new Date(start + 2 * minute));
    await world.aggregate();
    await world.rollUp();
    const now = new Date(start + 3 * minute);
    await world.insert(someEvent({ account, at: now }));
    const wanted = { from: new Date(start - 91 * day), to: new Date(start + day) };
    const sent: SentCommand[] = [];
    const note = ({ commandName, command }: SentCommand) => sent.push({ commandName, command });
    const client = await database.run(async (used) => used.client);
    client.on("commandStarted", note);
    const parts = await ownUsage(statistics, { ...wanted, account, bucket: "day" });
    client.off("commandStarted", note);
    expect(sent.map(({ commandName }) => commandName)).toEqual(["aggregate", "aggregate"]);
    expect(told(parts).requests).toBe(91);
    const { aggregate, pipeline, hint } = sent[1]?.command ?? {};
    expect(aggregate).toBe("usageEvents");
    const explain = { aggregate, pipeline: pipeline.slice(0, 1), hint, cursor: {} };
    const explained = await db.command({ explain, verbosity: "executionStats" });
    expect(explained.executionStats.totalDocsExamined).toBe(1);
  });
});
