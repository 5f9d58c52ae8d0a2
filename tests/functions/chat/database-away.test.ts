import { afterAll, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import { makeToken } from "../../../lib/security/token.ts";
import { startUpstream } from "../../../tools/local/upstream/server.ts";
import { lambdaContext } from "../../support/api-event.ts";
import { loadFunction } from "../../support/functions.ts";
import { eventOf, say } from "./support.ts";

const upstream = await startUpstream({ apiKey: "sk-test" });
afterAll(() => upstream.stop());

it("answers 503 within 5 s while the database is away, and never asks the upstream", async () => {
  const handler = await loadFunction("chat/completions", {
    // Nobody listens there.
    MONGODB_URI: "mongodb://127.0.0.1:9",
    UPSTREAM_URL: `${upstream.url}/v1`,
    UPSTREAM_API_KEY: "sk-test",
  });
  const ids = { accountId: new ObjectId().toHexString(), id: new ObjectId().toHexString() };
  const event = eventOf("/v1/chat/completions", {
    key: makeToken("key", ids).text,
    body: { model: "pe-low", messages: say("Hello") },
  });
  const startedAt = performance.now();
  const answer = await handler(event, lambdaContext(40_000));
  expect(performance.now() - startedAt).toBeLessThan(6_000);
  expect(answer.statusCode).toBe(503);
  expect(JSON.parse(answer.body)).toMatchObject({
    error: { code: "DATABASE_UNAVAILABLE", type: "server_error" },
  });
  const { requests } = (await (await fetch(`${upstream.url}/requests`)).json()) as {
    requests: unknown[];
  };
  expect(requests).toEqual([]);
});
