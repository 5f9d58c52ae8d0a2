import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { lambdaContext } from "../support/api-event.ts";
import { testDatabase } from "../support/database.ts";
import { loadFunction } from "../support/functions.ts";

const { uri, name } = await testDatabase();
const env = { MONGODB_URI: uri, MONGODB_DATABASE: name, CORS_ORIGINS: "http://localhost:5173" };

/** Events whose function or status is not what their name says by itself. */
const exceptions: Record<string, { handler?: string; status?: number }> = {
  "root/preflight": { handler: "root/unmatched", status: 204 },
  "root/unmatched": { status: 404 },
};

const cases = readdirSync("events", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -".json".length).replaceAll("\\", "/"));

describe("the events of events/", () => {
  it.each(cases)("%s is answered by its function", async (file) => {
    const { handler = file, status = 200 } = exceptions[file] ?? {};
    const run = await loadFunction(handler, env);
    const event = JSON.parse(readFileSync(`events/${file}.json`, "utf8"));
    expect((await run(event, lambdaContext())).statusCode).toBe(status);
  });
});
