import { type Db, ObjectId } from "mongodb";
import type { Contestant } from "../contest.ts";
import { peers } from "./peers.ts";

const plenty = 1_000_000_000;

/**
 * rate-limiter-flexible's limiter on MongoDB, and after it a decrement of credits that is guarded
 * against going below 0. Nobody has looked at a key by then.
 */
export async function limiterAndDecrement(db: Db, count: number): Promise<Contestant> {
  const { RateLimiterMongo } = await peers();
  const accounts = db.collection("limiterAccounts");
  const ids = Array.from({ length: count }, () => new ObjectId());
  await accounts.insertMany(ids.map((_id) => ({ _id, credits: plenty })));
  // It makes the index itself, in its own time.
  await db.collection("limits").createIndex({ key: 1 }, { unique: true });
  const limiter = new RateLimiterMongo({
    storeClient: db.client,
    dbName: db.databaseName,
    tableName: "limits",
    points: plenty,
    duration: 60,
  });
  return {
    name: "rate-limiter-flexible and a guarded decrement",
    client: db.client,
    commands: ["findAndModify", "update"],
    request: async (number) => {
      const _id = ids[number % count] ?? new ObjectId();
      await limiter.consume(_id.toHexString(), 1);
      const decrement = { $inc: { credits: -1 } };
      const { modifiedCount } = await accounts.updateOne({ _id, credits: { $gte: 1 } }, decrement);
      if (modifiedCount !== 1) throw new Error("no credit was taken");
    },
  };
}
