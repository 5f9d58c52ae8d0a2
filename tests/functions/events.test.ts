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
  "users/register": { status: 201 },
  // Nobody has these credentials, and the token opens nothing.
  "users/login": { status: 401 },
  "admin-panel/login": { status: 401 },
  "support/login": { status: 401 },
  "staff/refresh": { status: 401 },
  "staff/logout": { status: 200 },
  "users/profile": { status: 401 },
  "users/update-profile": { status: 401 },
  "users/change-password": { status: 401 },
  "users/change-email": { status: 401 },
  "users/delete-account": { status: 401 },
  "users/export-account": { status: 401 },
  "users/password-reset/confirm": { status: 400 },
  "users/sessions/refresh": { status: 401 },
  "users/sessions/logout": { status: 200 },
  // Mail is off here.
  "users/password-reset/request": { status: 503 },
};

const cases = readdirSync("events", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -".json".length).replaceAll("\\", "/"));

describe("the events of events/", () => {
  it.each(cases)("%s is answered by its function", async (file) => {
    const event = JSON.parse(readFileSync(`events/${file}.json`, "utf8"));
    // The token has to be put in first.
    const usual = event.headers?.Authorization === undefined ? 200 : 401;
    const { handler = file, status = usual } = exceptions[file] ?? {};
    const run = await loadFunction(handler, env);
    const answer = await run(event, lambdaContext());
    // Jobs answer nobody: it is enough that they run.
    expect(answer).toMatchObject(file.startsWith("jobs/") ? {} : { statusCode: status });
  });
});
