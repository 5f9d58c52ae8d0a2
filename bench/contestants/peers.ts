import type { Db, MongoClient } from "mongodb";
import { loadPeers } from "../peers/load.ts";

/** Of better-auth with its API key plugin, what is measured. */
interface KeyService {
  api: {
    createApiKey(input: { body: object }): Promise<{ key: string }>;
    verifyApiKey(input: { body: { key: string } }): Promise<{ valid: boolean; error: unknown }>;
  };
}

/** Of rate-limiter-flexible's limiter on MongoDB, what is measured. */
interface Limiter {
  consume(key: string, points: number): Promise<unknown>;
}

/** What the peers export; their own types are absent wherever they are not installed. */
interface Peers {
  betterAuth: (options: object) => KeyService;
  apiKey: (options: object) => object;
  mongodbAdapter: (db: Db) => object;
  /** The driver that better-auth tests the classes of its ids by; ours is another copy of the same version. */
  MongoClient: typeof MongoClient;
  RateLimiterMongo: new (
    options: { storeClient: MongoClient } & Record<string, unknown>,
  ) => Limiter;
}

/** The peers. @throws Error that says what to run, if they can't be installed */
export const peers = async (): Promise<Peers> => (await loadPeers()) as Peers;
