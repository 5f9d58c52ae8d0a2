import { type Db, MongoClient } from "mongodb";
import type { StoredAccount } from "../lib/accounts/document.ts";
import { collections } from "../lib/collections.ts";
import { migrate } from "../lib/db/migrate.ts";
import { assertCommands, atOnce, type Contestant, contest, type Standing } from "./contest.ts";
import { betterAuthKeys } from "./contestants/better-auth.ts";
import { limiterAndDecrement } from "./contestants/limiter.ts";
import { sequentialWay } from "./contestants/sequential.ts";
import type { Ratio, Section } from "./figures.ts";
import { shown } from "./figures.ts";
import { benchMetered, insertMetered } from "./metered.ts";

const accounts = 1_000;

type Contestants = Record<
  "ping" | "gate" | "whole" | "betterAuth" | "limiter" | "sequential",
  Contestant
>;

/** The gate, and the gate with its settlement, against the peers and against `ping`. */
export async function benchPeers(uri: string): Promise<Section> {
  await withContestants({ uri, monitorCommands: true, count: 5 }, async (contestants) => {
    for (const one of Object.values(contestants)) await assertCommands(one);
  });
  const standings = await withContestants(
    { uri, monitorCommands: false, count: accounts },
    contest,
  );
  const { gate, whole, ping, betterAuth, limiter, sequential } = standings;
  return {
    title: "Against the peers",
    text: [
      `${accounts} accounts, ${atOnce} requests at once for the throughput, one for the time. All take turns on one database through one client.`,
      "The peers do less: better-auth knows no balance and no usage, the limiter no key. The sequential way overspends.",
    ].join("\n"),
    ratios: [
      faster("gate", gate, betterAuth, 2),
      faster("gate", gate, limiter, 1.2),
      faster("gate and settle", whole, sequential, 2.5),
      {
        what: "gate and settle against ping, time",
        ours: whole.ms,
        other: ping.ms,
        unit: "ms",
        aim: { of: "ratio", most: 5 },
      },
    ],
    table: [
      ["", "round trips", "ms, alone", "requests a second"],
      ...Object.values(standings).map(({ name, roundTrips, ms, perSecond }) => [
        name,
        String(roundTrips),
        ms.toFixed(3),
        shown(perSecond),
      ]),
    ],
  };
}

const faster = (what: string, ours: Standing, other: Standing, least: number): Ratio => ({
  what: `${what} against ${other.name}, throughput`,
  ours: ours.perSecond,
  other: other.perSecond,
  unit: "requests/s",
  aim: { of: "ratio", least },
  note: `${ours.roundTrips} : ${other.roundTrips} round trips`,
});

/** The contestants on a database that is dropped afterwards, each with some accounts of its own. */
async function withContestants<Result>(
  { uri, monitorCommands, count }: { uri: string; monitorCommands: boolean; count: number },
  work: (contestants: Contestants) => Promise<Result>,
): Promise<Result> {
  const options = { maxPoolSize: atOnce, monitorCommands };
  const client = await MongoClient.connect(uri, options);
  const db = client.db(`bench_peers_${process.pid}`);
  try {
    const name = db.databaseName;
    const betterAuth = await betterAuthKeys({ uri, name, options }, count);
    try {
      return await work({ ...(await contestantsOn(db, count)), betterAuth });
    } finally {
      await betterAuth.client.close();
    }
  } finally {
    await db.dropDatabase();
    await client.close();
  }
}

async function contestantsOn(db: Db, count: number) {
  await migrate(db, collections);
  const { client } = db;
  const keys = await insertMetered(db, count);
  const { gate, request } = benchMetered(db);
  const tokenOf = (number: number) => {
    const key = keys[number % count];
    if (!key) throw new Error("no key");
    return key.token;
  };
  const stored = db.collection<StoredAccount>("accounts");
  // What was only admitted stays open, and a real account has few open requests.
  const tidy = () => stored.updateMany({ "holds.0": { $exists: true } }, { $set: { holds: [] } });
  return {
    ping: { name: "ping", client, commands: ["ping"], request: () => db.command({ ping: 1 }) },
    gate: {
      name: "gate",
      client,
      commands: ["findAndModify"],
      request: (number: number) => gate(tokenOf(number)),
      tidy,
    },
    whole: {
      name: "gate and settle",
      client,
      commands: ["findAndModify", "bulkWrite"],
      request: (number: number) => request(tokenOf(number)),
      tidy,
    },
    limiter: await limiterAndDecrement(db, count),
    sequential: await sequentialWay(db, count),
  };
}
