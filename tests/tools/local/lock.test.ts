import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { takeLock } from "../../../tools/local/lock.ts";

const directory = mkdtempSync(join(tmpdir(), "lock-"));
const path = join(directory, "inside", "stack.lock");
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("the lock of the stack", () => {
  it("is refused while a living process has it, naming process and file", () => {
    const giveBack = takeLock(path);
    expect(() => takeLock(path)).toThrow(`process ${process.pid}`);
    expect(() => takeLock(path)).toThrow(path);
    giveBack();
    expect(existsSync(path)).toBe(false);
  });

  it.each<[string, string]>([
    ["of a process that is gone", String(spawnSync(process.execPath, ["-e", ""]).pid)],
    ["that was never finished", ""],
    ["that names no process", "-1"],
  ])("is taken over %s", (_, content) => {
    writeFileSync(path, content);
    const giveBack = takeLock(path);
    expect(() => takeLock(path)).toThrow(`process ${process.pid}`);
    giveBack();
  });
});
