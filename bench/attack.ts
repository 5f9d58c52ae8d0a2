import { MongoClient, ObjectId } from "mongodb";
import { collections } from "../lib/collections.ts";
import { migrate } from "../lib/db/migrate.ts";
import { Failure } from "../lib/errors.ts";
import { makeToken, parseToken, type Token } from "../lib/security/token.ts";
import type { Section } from "./figures.ts";
import { type BenchKey, benchMetered, insertMetered } from "./metered.ts";
import { quantile, timed } from "./timing.ts";

const accounts = 100;
const senders = 4;
const slices = 4;
const perSlice = 100;

/**
 * How long somebody's requests take at the 95th percentile while others send as fast as they can:
 * honest ones, and ones with keys in the right form that nobody has. The two take turns.
 */
export async function benchAttack(uri: string): Promise<Section> {
  const client = await MongoClient.connect(uri, { maxPoolSize: senders + 1 });
  const db = client.db(`bench_attack_${process.pid}`);
  try {
    await migrate(db, collections);
    const [own, ...others] = await insertMetered(db, accounts);
    const { gate, request } = benchMetered(db);
    const noises = {
      honest: (number: number) => request(keyAt(others, number).token),
      attack: () => refused(() => gate(someToken())),
    };
    const times: Record<keyof typeof noises, number[]> = { honest: [], attack: [] };
    for (let slice = 0; slice < slices; slice++) {
      for (const name of ["honest", "attack"] as const) {
        const measured = () => request(keyAt([own], 0).token);
        times[name].push(...(await timesBeside(measured, noises[name])));
      }
    }
    return {
      title: "Keys that nobody has",
      text: `One client's metered requests while ${senders} others send at full speed, one request after the other.`,
      ratios: [
        {
          what: "beside unknown keys against beside honest requests, 95th percentile",
          ours: quantile(times.attack, 0.95),
          other: quantile(times.honest, 0.95),
          unit: "ms",
          aim: { of: "ratio", most: 1.2 },
        },
      ],
    };
  } finally {
    await db.dropDatabase();
    await client.close();
  }
}

/** Milliseconds of each of the measured requests. */
async function timesBeside(
  measured: () => Promise<unknown>,
  noise: (number: number) => Promise<unknown>,
): Promise<number[]> {
  let over = false;
  let sent = 0;
  const noisy = Array.from({ length: senders }, async () => {
    while (!over) await noise(sent++);
  });
  const times: number[] = [];
  for (let count = 0; count < perSlice; count++) times.push(await timed(measured));
  over = true;
  await Promise.all(noisy);
  return times;
}

/** @throws Error if the work is not refused for its key */
async function refused(work: () => Promise<unknown>): Promise<void> {
  const failure = await work().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof Failure && failure.code === "INVALID_API_KEY") return;
  throw failure ?? new Error("an unknown key was let in");
}

const keyAt = (keys: readonly (BenchKey | undefined)[], number: number): BenchKey => {
  const key = keys[number % keys.length];
  if (!key) throw new Error("no key");
  return key;
};

function someToken(): Token {
  const [accountId, id] = [new ObjectId(), new ObjectId()].map(String) as [string, string];
  const token = parseToken("key", makeToken("key", { accountId, id }).text);
  if (!token) throw new Error("a new key is none");
  return token;
}
