import { afterAll } from "@jest/globals";
import { ObjectId } from "mongodb";
import { accountsCollection, type StoredAccount } from "../../../lib/accounts/document.ts";
import { collections } from "../../../lib/collections.ts";
import { migrate } from "../../../lib/db/migrate.ts";
import { newKey } from "../../../lib/keys/new-key.ts";
import { startUpstream } from "../../../tools/local/upstream/server.ts";
import { someAccount } from "../../support/accounts.ts";
import { apiEvent, lambdaContext } from "../../support/api-event.ts";
import { monitored } from "../../support/commands.ts";
import { testDatabase } from "../../support/database.ts";
import { loadFunction } from "../../support/functions.ts";

interface Asked {
  key?: string | undefined;
  /** Sent as JSON, or as it is if it is text. */
  body?: unknown;
  headers?: Record<string, string>;
  path?: Record<string, string>;
  /** Milliseconds that the function still has. */
  remaining?: number;
}

/** The functions for API keys on a database and a stand-in upstream of their own. To be called at the top of a test file. */
export async function keyedService() {
  const { db, uri, name } = await testDatabase();
  await migrate(db, collections);
  const upstream = await startUpstream({ apiKey: "sk-test" });
  afterAll(() => upstream.stop());
  const env = {
    MONGODB_URI: monitored(uri),
    MONGODB_DATABASE: name,
    UPSTREAM_URL: `${upstream.url}/v1`,
    UPSTREAM_API_KEY: "sk-test",
  };
  const accounts = db.collection<StoredAccount>(accountsCollection.name);

  return {
    db,
    accounts,
    /** An enterprise account with a key, 100 credits and no daily ones. */
    somebody: async (changes: Partial<StoredAccount> = {}) => {
      const _id = new ObjectId();
      const key = newKey({
        accountId: _id,
        now: new Date(),
        name: "default",
        scopes: ["chat", "batch"],
      });
      const account = someAccount({
        _id,
        plan: "enterprise",
        level: 4,
        rTypes: ["bpe", "bcot", "hcot", "react", "tot"],
        allowance: { day: "2026-01-01", perDay: 0, used: 0 },
        conversations: { day: "2026-01-01", perDay: 1_000, used: 0 },
        balance: 100,
        keys: [key.stored],
        logMessages: true,
        ...changes,
      });
      await accounts.insertOne(account);
      return { id: _id, key: key.text, account };
    },
    /** What the account has left, and whether anything is still held. */
    stateOf: async (id: ObjectId) => {
      const found = await accounts.findOne({ _id: id });
      return {
        balance: found?.balance,
        conversations: found?.conversations.used,
        holds: found?.holds.length,
      };
    },
    eventsOf: (id: ObjectId) => db.collection("usageEvents").find({ account: id }).toArray(),
    /** What the upstream was asked, newest first. */
    upstreamAsked: async () => {
      const response = await fetch(`${upstream.url}/requests`);
      const { requests } = (await response.json()) as { requests: { body: never }[] };
      return requests;
    },
    forgetUpstream: () => fetch(`${upstream.url}/requests`, { method: "DELETE" }),
    env,
    /** A function that API keys are for, as something to ask. */
    asking: async (path: string, resource: string) => {
      const handler = await loadFunction(path, env);
      return async (asked: Asked) => {
        const context = lambdaContext(asked.remaining ?? 40_000);
        const answer = await handler(eventOf(resource, asked), context);
        const { statusCode: status, headers = {}, body: text } = answer;
        return { status, headers, text, json: jsonOf(text) };
      };
    },
  };
}

/** The event of a request with a key. */
export const eventOf = (resource: string, { key, body, headers, path }: Asked) =>
  apiEvent({
    method: body === undefined ? "GET" : "POST",
    resource,
    headers: {
      ...(key !== undefined && { Authorization: `Bearer ${key}` }),
      ...(body !== undefined && { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    ...(path && { pathParameters: path }),
  });

function jsonOf(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The events of a stream's text; `[DONE]` as it is, comments left out. */
export const eventsIn = (text: string) =>
  text
    .split("\n\n")
    .filter((block) => block.startsWith("data: "))
    .map((block) => block.slice("data: ".length))
    .map((data) => (data === "[DONE]" ? data : JSON.parse(data)));

export const say = (content: string) => [{ role: "user", content }];
