import { calculateObjectSize } from "bson";
import { MongoClient } from "mongodb";
import { benchAccount, gatePipeline } from "./account.ts";
import { median } from "./median.ts";

const ACCOUNTS = 10_000;
const WARM_UP = 1_000;
const ROUNDS = 3_000;
const COST = 10;
/** What the gate asks back: the fields its decision is read from, and the database's time. */
const GATE_REPLY = {
  status: 1,
  plan: 1,
  credits: 1,
  conversations: 1,
  rate: 1,
  holds: 1,
  last: 1,
  now: "$$NOW",
};

export type DatabaseFigures = {
  /** Milliseconds, medians of one run in which the two take turns. */
  pingMs: number;
  updateMs: number;
  /** How many pings one update takes. */
  ratio: number;
  insertMs: number;
};

/**
 * Inserts 10,000 accounts, then times `findOneAndUpdate` by _id with a pipeline of more than 40
 * operators against `ping`, one connection, one after the other. Prints and returns the figures.
 */
export const benchDatabase = async (uri: string): Promise<DatabaseFigures> => {
  const client = await MongoClient.connect(uri, { maxPoolSize: 1 });
  const db = client.db(`bench_${process.pid}`);
  try {
    const accounts = db.collection("accounts");
    const now = new Date();
    const documents = Array.from({ length: ACCOUNTS }, (_, number) => benchAccount(number, now));
    const insertMs = await timed(() => accounts.insertMany(documents));
    const [pings, updates]: [number[], number[]] = [[], []];
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      const document = documents[(round * 7_919) % ACCOUNTS];
      const key = document?.keys[round % document.keys.length];
      const request = { id: `request${round}`, key: key.id, hash: key.secrets[0].hash, cost: COST };
      const pipeline = gatePipeline(request);
      const ping = await timed(() => db.command({ ping: 1 }));
      const update = await timed(async () => {
        const after = await accounts.findOneAndUpdate({ _id: document?._id }, pipeline, {
          returnDocument: "after",
          projection: GATE_REPLY,
        });
        if (after?.last?.id !== request.id) throw new Error(`${request.id} was not admitted`);
      });
      if (round >= WARM_UP) {
        pings.push(ping);
        updates.push(update);
      }
    }
    const figures = { pingMs: median(pings), updateMs: median(updates), insertMs };
    const ratio = figures.updateMs / figures.pingMs;
    console.log(
      [
        `${ACCOUNTS} accounts of ${calculateObjectSize(documents[0] ?? {})} bytes inserted in ${Math.round(insertMs)} ms`,
        `ping ${figures.pingMs.toFixed(3)} ms, gate update ${figures.updateMs.toFixed(3)} ms: ratio ${ratio.toFixed(2)} (medians of ${ROUNDS})`,
      ].join("\n"),
    );
    return { ...figures, ratio };
  } finally {
    await db.dropDatabase();
    await client.close();
  }
};

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};
