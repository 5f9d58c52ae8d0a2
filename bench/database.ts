import { calculateObjectSize } from "bson";
import { MongoClient } from "mongodb";
import { benchAccount, gatePipeline } from "./account.ts";
import { type Section, shown } from "./figures.ts";
import { median, timed } from "./timing.ts";

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

/**
 * Inserts 10,000 accounts, then times `findOneAndUpdate` by _id with a pipeline of more than 40
 * operators against `ping`, one connection, one after the other.
 */
export const benchDatabase = async (uri: string): Promise<Section> => {
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
    const size = calculateObjectSize(documents[0] ?? {});
    return {
      title: "One heavy update of the database",
      text: `\`findOneAndUpdate\` by _id with a pipeline of more than 40 operators on ${shown(ACCOUNTS)} accounts of ${shown(size)} bytes, which take ${shown(insertMs)} ms to insert; one connection, medians of ${shown(ROUNDS)}.`,
      ratios: [
        {
          what: "gate-like update against ping, time",
          ours: median(updates),
          other: median(pings),
          unit: "ms",
          aim: { of: "ratio", most: 3 },
        },
      ],
    };
  } finally {
    await db.dropDatabase();
    await client.close();
  }
};
