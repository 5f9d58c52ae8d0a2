import { createHash, randomBytes, randomUUID } from "node:crypto";
import { type Db, ObjectId } from "mongodb";
import type { Contestant } from "../contest.ts";
import { question, reply } from "../metered.ts";

const minute = 60_000;
const hashOf = (key: string): string => createHash("sha256").update(key).digest("hex");

/**
 * The way that most services go: find the key, touch it, count the minute's requests, find the
 * credits, take one, and afterwards insert the message and the usage. Between two steps another
 * request may do the same, so it overspends; it is here for its price.
 */
export async function sequentialWay(db: Db, count: number): Promise<Contestant> {
  const [users, usage, messages] = [
    db.collection("sequentialUsers"),
    db.collection("sequentialUsage"),
    db.collection("sequentialMessages"),
  ];
  await users.createIndex({ keyHash: 1 }, { unique: true });
  await usage.createIndex({ user: 1, at: 1 });
  const keys = Array.from({ length: count }, () => randomBytes(24).toString("base64url"));
  await users.insertMany(
    keys.map((key) => ({ keyHash: hashOf(key), status: "active", credits: 1_000_000 })),
  );
  const modelAndTokens = { model: "gpt-4o-mini", tokens: { input: 100, output: 200 } };
  return {
    name: "one step after the other",
    client: db.client,
    commands: ["find", "update", "aggregate", "find", "update", "insert", "insert"],
    request: async (number) => {
      const keyHash = hashOf(keys[number % count] ?? "");
      const user = await users.findOne({ keyHash });
      if (user?.status !== "active") throw new Error("unknown key");
      const at = new Date();
      await users.updateOne({ _id: user._id }, { $set: { lastActivityAt: at } });
      const since = new Date(at.getTime() - minute);
      const sent = await usage.countDocuments({ user: user._id, at: { $gte: since } });
      if (sent > 1_000_000) throw new Error("too many requests");
      const { credits } = (await users.findOne({ _id: user._id })) ?? { credits: 0 };
      if (credits < 1) throw new Error("no credits");
      await users.updateOne({ _id: user._id }, { $inc: { credits: -1 } });
      const request = randomUUID();
      const about = { user: user._id, request, at, ...modelAndTokens };
      const text = JSON.stringify({ request: question, response: reply });
      await messages.insertOne({ _id: new ObjectId(), ...about, text });
      await usage.insertOne({ _id: new ObjectId(), ...about, credits: 1, status: 200 });
    },
    // A minute's count must not grow with the length of the run.
    tidy: () => usage.deleteMany({}),
  };
}
