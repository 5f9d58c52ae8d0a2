import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { describe, expect, it } from "@jest/globals";

const { requireEnvironment } = createRequire(import.meta.url)(
  "../../tools/serverless/environment.cjs",
) as { requireEnvironment(command: readonly string[]): void };

const unset = {
  MONGODB_URI: "",
  MONGODB_URI_PARAMETER: "",
  MONGODB_URL: "",
  TOKEN_SECRET: "",
  TOKEN_SECRET_PARAMETER: "",
};

/** What `requireEnvironment` throws in an environment. */
function refusal(command: readonly string[], given: Record<string, string>): string | undefined {
  const before = { ...process.env };
  Object.assign(process.env, unset, given);
  try {
    requireEnvironment(command);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    for (const name of Object.keys(unset)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

describe("a deployment", () => {
  it("is refused without what no function starts without, by its names", () => {
    expect(refusal(["deploy"], {})).toMatch(
      /MONGODB_URI or MONGODB_URI_PARAMETER, and TOKEN_SECRET or TOKEN_SECRET_PARAMETER/,
    );
    expect(refusal(["deploy", "--stage", "prod"], { TOKEN_SECRET_PARAMETER: "/a" })).toMatch(
      /^Set MONGODB_URI or MONGODB_URI_PARAMETER:/,
    );
  });

  it.each([
    ["deploy", { MONGODB_URI_PARAMETER: "/a", TOKEN_SECRET_PARAMETER: "/b" }],
    ["deploy", { MONGODB_URL: "mongodb://former", TOKEN_SECRET: "secret" }],
    ["deploy list", {}],
    ["rollback", {}],
    ["package", {}],
  ])("%s goes on with %o", (command, given) => {
    expect(refusal(command.split(" "), given)).toBeUndefined();
  });

  it("is refused before anything is built", async () => {
    const deploying = promisify(execFile)(
      process.execPath,
      ["node_modules/serverless/bin/serverless.js", "deploy", "--stage", "prod"],
      { env: { ...process.env, ...unset } },
    );
    const { stdout } = await deploying.catch((error: { stdout: string }) => error);
    expect(stdout).toContain("Set MONGODB_URI or MONGODB_URI_PARAMETER");
    expect(stdout).not.toContain("Packaging");
  }, 60_000);
});
