import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, jest } from "@jest/globals";
import { startLocalStack } from "./local-stack.ts";

jest.setTimeout(120_000);

const data = mkdtempSync(join(tmpdir(), "doctor-"));
afterAll(() => rmSync(data, { recursive: true, force: true }));

/** `npm run doctor` in an environment that names nothing. */
const doctor = () =>
  new Promise<{ code: number; output: string }>((resolve) => {
    const env = { PATH: process.env.PATH };
    const child = execFile(
      process.execPath,
      ["tools/doctor.ts", "--data", data],
      { env },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
    );
  });

it("npm run doctor finds the local stack whole, and says what to do without it", async () => {
  expect(await doctor()).toMatchObject({ code: 1, output: expect.stringContaining("npm start") });
  const stack = await startLocalStack(data);
  const found = await doctor();
  expect(found.output).not.toContain("BAD");
  expect(found.code).toBe(0);
  stack.process.kill("SIGKILL");
  await once(stack.process, "close");
  expect(await doctor()).toMatchObject({
    code: 1,
    output: expect.stringContaining("BAD  database"),
  });
});
