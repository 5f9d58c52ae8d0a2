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
  // Those with a token or a code that has to be put in first.
  "email/send-verification": { status: 401 },
  "email/resend": { status: 401 },
  "email/verify": { status: 401 },
  "email/status": { status: 401 },
  "users/password-reset/confirm": { status: 400 },
  // Mail is off here.
  "users/password-reset/request": { status: 503 },
};

const cases = readdirSync("events", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -".json".length).replaceAll("\\", "/"));

describe("the events of events/", () => {
  it.each(cases)("%s is answered by its function", async (file) => {
    const { handler = file, status = 200 } = exceptions[file] ?? {};
    const run = await loadFunction(handler, env);
    const event = JSON.parse(readFileSync(`events/${file}.json`, "utf8"));
    const answer = await run(event, lambdaContext());
    // Jobs answer nobody: it is enough that they run.
    expect(answer).toMatchObject(file.startsWith("jobs/") ? {} : { statusCode: status });
  });
});
