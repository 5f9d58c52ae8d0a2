import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it, jest } from "@jest/globals";
import { collections } from "../../lib/collections.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { testDatabase } from "../support/database.ts";

jest.setTimeout(60_000);

const { db, uri, name } = await testDatabase();
await migrate(db, collections);

/** The command as people run it. */
const run = (args: string[], env: Record<string, string>) =>
  promisify(execFile)(process.execPath, ["tools/job.ts", ...args], {
    env: {
      PATH: process.env.PATH,
      TOKEN_SECRET: "a secret of the tests, long enough",
      MONGODB_DATABASE: name,
      POWERTOOLS_METRICS_DISABLED: "true",
      ...env,
    },
  });

describe("npm run job", () => {
  it("says which database it works on, then runs, and prints the counts", async () => {
    const { stdout, stderr } = await run(["sweep-holds"], { MONGODB_URI: uri });
    expect(stderr).toBe(`Working on the database at ${new URL(uri).host}.\n`);
    expect(stdout).toMatch(/abandoned: 0/);
  });

  it("names every host and no credentials", async () => {
    const env = {
      MONGODB_URI: "mongodb://ada:hush@127.0.0.1:1,127.0.0.1:2/?serverSelectionTimeoutMS=1",
    };
    const failed = run(["sweep-holds"], env);
    await expect(failed).rejects.toMatchObject({
      stderr: expect.stringMatching(
        /^Working on the database at 127\.0\.0\.1:1,127\.0\.0\.1:2\.\n/,
      ),
    });
    await expect(failed).rejects.not.toMatchObject({ stderr: expect.stringMatching(/ada|hush/) });
  });

  it.each<[string, string[], string]>([
    ["no name", [], "Usage: npm run job -- NAME; there are: aggregate-usage, "],
    ["a name that no job has", ["nothing"], 'There is no job "nothing". There are: aggregate-'],
  ])("refuses %s, and names those there are", async (_, args, message) => {
    await expect(run(args, { MONGODB_URI: uri })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(message),
    });
  });

  it("asks for the database's address where a parameter names it, which only functions read", async () => {
    const env = { MONGODB_URI_PARAMETER: "/promptenchanter/dev/core/mongodb-uri" };
    await expect(run(["sweep-holds"], env)).rejects.toMatchObject({
      stderr: expect.stringContaining("MONGODB_URI: is missing"),
    });
  });
});
