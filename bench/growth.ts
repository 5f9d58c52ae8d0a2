import { type Db, type Document, MongoClient } from "mongodb";
import { collections } from "../lib/collections.ts";
import { migrate } from "../lib/db/migrate.ts";
import { atOnce, type Contestant, contest } from "./contest.ts";
import { type Section, shown } from "./figures.ts";
import { type BenchKey, benchMetered, insertMetered } from "./metered.ts";
import { median } from "./timing.ts";

const sizes = [100, 1_000, 10_000, 100_000];
const [smallest = 0, largest = 0] = [sizes[0], sizes.at(-1)];
const spreadOver = 10_000;
const warmUp = 200;
const rounds = 1_000;

/**
 * The gate on 100 and on 100,000 accounts, which take turns; what it examines at every size; and
 * requests of one account against as many of 10,000.
 */
export async function benchGrowth(uri: string): Promise<Section> {
  const client = await MongoClient.connect(uri, { maxPoolSize: atOnce });
  const [small, large] = ["small", "large"].map((size) =>
    client.db(`bench_growth_${size}_${process.pid}`),
  ) as [Db, Db];
  try {
    const few = await filled(small, smallest);
    const many: BenchKey[] = await filled(large, 0);
    const examined: number[] = [];
    let hot: Awaited<ReturnType<typeof hotAndSpread>> | undefined;
    for (const size of sizes) {
      many.push(...(await insertMetered(large, size - many.length)));
      examined.push(await examinedByGate(large, many));
      if (size === spreadOver) hot = await hotAndSpread(client, large, many);
    }
    if (!hot) throw new Error("no size of the spread");
    const times = await gateTimes([
      [small, few],
      [large, many],
    ]);
    return {
      title: "Growth and the hot account",
      text: `The gate examines ${examined.join(", ")} document at ${sizes.map(shown).join(", ")} accounts, by \`explain\`.`,
      ratios: [
        {
          what: `gate on ${shown(largest)} accounts against ${smallest}, time`,
          ours: times[1],
          other: times[0],
          unit: "ms",
          aim: { of: "ratio", most: 1.2 },
        },
        {
          what: `gate and settle of one account against ${shown(spreadOver)}, throughput`,
          ours: hot.one.perSecond,
          other: hot.many.perSecond,
          unit: "requests/s",
        },
      ],
    };
  } finally {
    await small.dropDatabase();
    await large.dropDatabase();
    await client.close();
  }
}

async function filled(db: Db, count: number): Promise<BenchKey[]> {
  await migrate(db, collections);
  return insertMetered(db, count);
}

const keyAt = (keys: readonly BenchKey[], number: number): BenchKey => {
  const key = keys[number % keys.length];
  if (!key) throw new Error("no key");
  return key;
};

/** @throws Error unless it is one document, found by its id */
async function examinedByGate(db: Db, keys: readonly BenchKey[]): Promise<number> {
  const { accountId } = keyAt(keys, 77);
  const explained: Document = await db.command({
    explain: { find: "accounts", filter: { _id: accountId } },
    verbosity: "executionStats",
  });
  const { totalDocsExamined } = explained.executionStats;
  if (totalDocsExamined === 1) return totalDocsExamined;
  throw new Error(`the gate examines ${totalDocsExamined} documents of ${keys.length}`);
}

/** Medians in milliseconds, in the order of the databases. */
async function gateTimes(on: readonly [Db, BenchKey[]][]): Promise<[number, number]> {
  const times = on.map((): number[] => []);
  for (let round = -warmUp; round < rounds; round++) {
    for (const [index, [db, keys]] of on.entries()) {
      // A stride that meets accounts all over, in no order that they were written in.
      const { token } = keyAt(keys, (round + warmUp) * 7_919);
      const { gate, charge } = benchMetered(db);
      const start = performance.now();
      const admission = await gate(token);
      if (round >= 0) times[index]?.push(performance.now() - start);
      // Untimed: an open request more would make the account, and so the next gate, heavier.
      await charge(admission);
    }
  }
  return times.map(median) as [number, number];
}

function hotAndSpread(client: MongoClient, db: Db, keys: readonly BenchKey[]) {
  const { request } = benchMetered(db);
  const contestant = (name: string, key: (number: number) => BenchKey): Contestant => ({
    name,
    client,
    commands: ["findAndModify", "bulkWrite"],
    request: (number) => request(key(number).token),
  });
  return contest({
    one: contestant("one account", () => keyAt(keys, 0)),
    many: contestant("many accounts", (number) => keyAt(keys, number * 7_919)),
  });
}
