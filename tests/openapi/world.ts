import { afterAll } from "@jest/globals";
import { accountsCollection } from "../../lib/accounts/document.ts";
import { startUpstream } from "../../tools/local/upstream/server.ts";
import { type Operation, readOperations } from "../../tools/openapi/operations.ts";
import { apiEvent, lambdaContext } from "../support/api-event.ts";
import { loadFunction } from "../support/functions.ts";
import type { Sample } from "../support/samples.ts";
import { type Who, wholeService } from "../support/service.ts";
import { somebody } from "../support/world.ts";

/** Good requests to what tests/support/samples.ts leaves out: it asks what answers whole only. */
const streaming: Record<string, () => Sample> = {
  "POST /v1/chat/completions": () => ({ status: 200, caller: "key", body: chat }),
  "POST /v1/prompt/completions": () => ({
    status: 200,
    caller: "key",
    body: { ...chat, stream: true },
  }),
  "POST /v1/batch/process": () => ({
    status: 200,
    caller: "key",
    body: { batch: [{ prompt: "Hello" }, { prompt: "Hello again" }], level: "low" },
  }),
};

const chat = { model: "pe-low", messages: [{ role: "user", content: "Hello" }] };

/** What is asked of an operation; what is absent is as in a good request. */
export interface Asked {
  body?: unknown;
  /** In place of the body's JSON. */
  text?: string | null;
  token?: string | undefined;
  query?: Record<string, string>;
  path?: Record<string, string>;
  headers?: Record<string, string>;
}

/** Every operation of the document, streams included, on a database and an upstream of their own. */
export async function everyOperation() {
  const upstream = await startUpstream({ apiKey: "sk-test" });
  afterAll(() => upstream.stop());
  const { db, env, sampleOf } = await wholeService({
    UPSTREAM_URL: `${upstream.url}/v1`,
    UPSTREAM_API_KEY: "sk-test",
  });
  const operations = await readOperations(".");
  const accounts = db.collection(accountsCollection.name);

  /** Somebody new, whose key may ask for everything, and a good request of theirs. */
  const somebodyFor = async (name: string): Promise<{ who: Who; sample: Sample }> => {
    const streams = streaming[name];
    if (!streams) return sampleOf(name);
    const who = await somebody(db);
    const $set = {
      plan: "enterprise",
      level: 4,
      rTypes: ["bpe", "bcot", "hcot", "react", "tot"],
      balance: 1_000,
      "conversations.perDay": 1_000,
    };
    await accounts.updateOne({ _id: who.id }, { $set });
    return { who, sample: streams() };
  };

  return {
    operations,
    env,
    somebodyFor,
    /** A good request by somebody new, changed by what is asked, and its answer. */
    ask: async (
      { method, path: resource, file }: Operation,
      asked: (good: Sample, who: Who) => Asked = () => ({}),
    ) => {
      const name = `${method} ${resource}`;
      const { who, sample } = await somebodyFor(name);
      const changes = asked(sample, who);
      const own = sample.caller === "key" ? who.apiKey : sample.caller && who.token;
      const token = "token" in changes ? changes.token : own;
      const body = "body" in changes ? changes.body : sample.body;
      const whole = body === undefined ? null : JSON.stringify(body);
      const path = changes.path ?? sample.path;
      const query = changes.query ?? sample.query;
      const handler = await loadFunction(file, env);
      const answer = await handler(
        apiEvent({
          method,
          resource,
          path: resource.replace(/\{(\w+)\}/g, (_, one: string) =>
            encodeURIComponent(path?.[one] ?? ""),
          ),
          headers: {
            ...(token !== undefined && { Authorization: `Bearer ${token}` }),
            "Content-Type": "application/json",
            ...sample.headers,
            ...changes.headers,
          },
          body: changes.text === undefined ? whole : changes.text,
          ...(path && { pathParameters: path }),
          ...(query && { query }),
        }),
        lambdaContext(40_000),
      );
      return { answer, sample };
    },
  };
}
