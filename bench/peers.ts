import { type Db, MongoClient } from "mongodb";
import type { StoredAccount } from "../lib/accounts/document.ts";
import { collections } from "../lib/collections.ts";
import { migrate } from "../lib/db/migrate.ts";
import { tcpProxy } from "../tests/support/tcp-proxy.ts";
import {
  assertCommands,
  atOnce,
  type Contestant,
  contest,
  type Standing,
  timesAlone,
} from "./contest.ts";
import { betterAuthKeys } from "./contestants/better-auth.ts";
import { limiterAndDecrement } from "./contestants/limiter.ts";
import { sequentialWay } from "./contestants/sequential.ts";
import type { Ratio, Section } from "./figures.ts";
import { shown } from "./figures.ts";
import { benchMetered, insertMetered } from "./metered.ts";

const accounts = 1_000;

/** Milliseconds that each answer of a database in another zone takes to arrive. */
const distance = 1;

const contestantNames = ["ping", "gate", "whole", "betterAuth", "limiter", "sequential"] as const;

type Contestants = Record<(typeof contestantNames)[number], Contestant>;

const slowStatements =
  "The embedded database takes longer for a statement's operators than for its round trip on this machine, and our statements decide more; what the fewer round trips are worth shows with the database away.";

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
  const away = await timesAway(uri);
  return {
    title: "Against the peers",
    text: [
      `${accounts} accounts, ${atOnce} requests at once for the throughput, one for the time. All take turns on one database through one client.`,
      "The peers do less: better-auth knows no balance and no usage, the limiter no key. The sequential way overspends.",
    ].join("\n"),
    ratios: [
      faster("gate", gate, betterAuth, 2),
      { ...faster("gate", gate, limiter, 1.2), shortfall: slowStatements },
      { ...faster("gate and settle", whole, sequential, 2.5), shortfall: slowStatements },
      {
        what: "gate and settle against ping, time",
        ours: whole.ms,
        other: ping.ms,
        unit: "ms",
        aim: { of: "ratio", most: 5 },
        shortfall: slowStatements,
      },
      quicker("gate", away.gate, "the limiter and the decrement", away.limiter),
      quicker("gate and settle", away.whole, "the sequential way", away.sequential),
    ],
    table: [
      ["", "round trips", "ms, alone", "ms, alone, database away", "requests a second"],
      ...contestantNames.map((key) => {
        const { name, roundTrips, ms, perSecond } = standings[key];
        return [name, String(roundTrips), shown(ms), shown(away[key]), shown(perSecond)];
      }),
    ],
  };
}

/** Milliseconds of each one's requests, with a database whose answers are on their way for a while. */
async function timesAway(uri: string): Promise<Record<keyof Contestants, number>> {
  const proxy = await tcpProxy(Number(new URL(uri).port));
  proxy.slow(distance);
  try {
    const away = `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`;
    return await withContestants({ uri: away, monitorCommands: false, count: 20 }, timesAlone);
  } finally {
    await proxy.close();
  }
}

const quicker = (what: string, ours: number, peer: string, other: number): Ratio => ({
  what: `${what} against ${peer}, time with the database ${distance} ms away`,
  ours,
  other,
  unit: "ms",
});

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
