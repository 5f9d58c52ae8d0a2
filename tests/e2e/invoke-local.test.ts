import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it, jest } from "@jest/globals";
import { collections } from "../../lib/collections.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { testDatabase } from "../support/database.ts";
import { testSecret } from "../support/functions.ts";

jest.setTimeout(180_000);

const { db, uri, name } = await testDatabase();
await migrate(db, collections);

/** What `npx serverless invoke local -f … -p …` prints after the lines of the log. */
async function invoke(functionName: string, event: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      "node_modules/serverless/bin/serverless.js",
      "invoke",
      "local",
      "-f",
      functionName,
      "-p",
      event,
    ],
    { env: { ...process.env, MONGODB_URI: uri, MONGODB_DATABASE: name, TOKEN_SECRET: testSecret } },
  );
  return JSON.parse(stdout.slice(stdout.indexOf("\n{\n") + 1));
}

it.each<[string, string, object]>([
  ["liveness", "events/root/liveness.json", { statusCode: 200, body: { status: "healthy" } }],
  [
    "users-register",
    "events/users/register.json",
    { statusCode: 201, body: { username: "ada_lovelace" } },
  ],
  ["jobs-sweep-holds", "events/jobs/sweep-holds.json", {}],
])("serverless invoke local -f %s -p %s", async (functionName, event, answer) => {
  expect(await invoke(functionName, event)).toMatchObject(answer);
});
