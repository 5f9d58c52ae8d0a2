import { randomBytes } from "node:crypto";
import { type MongoClientOptions, ObjectId } from "mongodb";
import type { Contestant } from "../contest.ts";
import { peers } from "./peers.ts";

const plenty = 1_000_000_000;

/**
 * better-auth's `verifyApiKey` with rate limit and remaining on, through its own adapter, without
 * transactions and with its index on the key's hash: the fewest round trips it can be had with.
 */
export async function betterAuthKeys(
  { uri, name, options }: { uri: string; name: string; options: MongoClientOptions },
  count: number,
): Promise<Contestant> {
  const { betterAuth, apiKey, mongodbAdapter, MongoClient } = await peers();
  const client = await MongoClient.connect(uri, options);
  const auth = betterAuth({
    secret: randomBytes(32).toString("hex"),
    baseURL: "http://127.0.0.1",
    database: mongodbAdapter(client.db(name)),
    logger: { disabled: true },
    telemetry: { enabled: false },
    plugins: [apiKey({ rateLimit: { enabled: true, timeWindow: 60_000, maxRequests: plenty } })],
  });
  const keys: string[] = [];
  for (let made = 0; made < count; made++) {
    const userId = new ObjectId().toHexString();
    const { key } = await auth.api.createApiKey({ body: { userId, remaining: plenty } });
    keys.push(key);
  }
  return {
    name: "better-auth verifyApiKey",
    client,
    // The key; its remaining; its rate; its last use.
    commands: ["aggregate", "findAndModify", "findAndModify", "findAndModify"],
    request: async (number) => {
      const { valid, error } = await auth.api.verifyApiKey({
        body: { key: keys[number % keys.length] ?? "" },
      });
      if (!valid) throw new Error(`better-auth refused a key: ${JSON.stringify(error)}`);
    },
  };
}
