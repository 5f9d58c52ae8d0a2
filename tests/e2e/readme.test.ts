import { execFile, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { type LocalStack, startLocalStack } from "./local-stack.ts";

jest.setTimeout(180_000);

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const shown = "http://localhost:3000";

/** Where the reader of the README stands. */
const folder = mkdtempSync(join(tmpdir(), "readme-"));
let stack: LocalStack;

beforeAll(async () => {
  stack = await startLocalStack(join(folder, "data"));
  mkdirSync(join(folder, ".local"));
  copyFileSync(join(folder, "data", "stack.json"), join(folder, ".local", "stack.json"));
});
afterAll(() => {
  stack?.process.kill("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
});

/** The code of the README in a language, as it stands but for the port. */
const codeIn = (language: string, from = 0): string => {
  const [, code] =
    new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "s").exec(readme.slice(from)) ?? [];
  if (code === undefined) throw new Error(`the README has no code in ${language}`);
  return code.replaceAll(shown, stack.apiUrl);
};

const readAnswer = (name: string) => JSON.parse(readFileSync(join(folder, ".local", name), "utf8"));

describe("the README's five minutes", () => {
  it("work as they are written, line by line", async () => {
    const tour = codeIn("sh", readme.indexOf("<!-- tour -->"));
    const commands = tour.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    // A failed answer fails its line; what it says is printed.
    const script = commands.join("\n").replaceAll("curl -s", "curl --fail-with-body -s");
    const { stdout } = await run("bash", ["-euo", "pipefail", "-c", script], { cwd: folder });
    expect(readAnswer("ada.json")).toMatchObject({ success: true, username: "ada" });
    expect(stdout).toContain("You said: Why is the sky blue?");
    expect(stdout).toContain("data: [DONE]");
    expect(stdout).toContain("summary");
  });

  it("reach the models from the OpenAI SDK in TypeScript", async () => {
    const { stdout } = await run(
      process.execPath,
      ["--input-type=module-typescript", "--eval", codeIn("ts")],
      { cwd: root, env: { ...process.env, KEY: readAnswer("ada.json").api_key } },
    );
    expect(stdout).toContain("You said: Why is the sky blue?");
  });

  it("reach the models from the OpenAI SDK in Python, where it is installed", async () => {
    if (spawnSync("python3", ["-c", "import openai"]).status !== 0) {
      console.log("The README's Python is not run: python3 with the package openai is not here.");
      return;
    }
    const { stdout } = await run("python3", ["-c", codeIn("python")], {
      env: { ...process.env, KEY: readAnswer("ada.json").api_key },
    });
    expect(stdout).toContain("You said: Hello");
  });
});

describe("the lines that npm start prints to paste", () => {
  it("work as they are printed", async () => {
    const commands = stack
      .output()
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line.startsWith("curl "));
    expect(commands.length).toBeGreaterThan(1);
    for (const command of commands) {
      const strict = command.replace(/^curl /, "curl --fail-with-body -sS ");
      await run("bash", ["-euo", "pipefail", "-c", strict], { cwd: folder });
    }
  });
});
