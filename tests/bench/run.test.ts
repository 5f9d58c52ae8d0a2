import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, it } from "@jest/globals";

const run = promisify(execFile);
const bench = (...names: string[]) => run(process.execPath, ["bench/run.ts", ...names]);

const results = "bench/results.json";
const kept = (): string => (existsSync(results) ? readFileSync(results, "utf8") : "");

it("one benchmark runs by its name, prints its ratios, and leaves the results of all as they are", async () => {
  const before = kept();
  const { stdout } = await bench("attack");
  expect(stdout).toContain("Benchmarks run on");
  expect(stdout).toMatch(
    /beside unknown keys .* ms +[\d.]+ ms +[\d.]+ +ratio ≤ 1\.2 +(met|missed)/,
  );
  expect(kept()).toBe(before);
}, 120_000);

it("a benchmark that there is none of is refused, with the names of those that there are", async () => {
  await expect(bench("atack")).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^no benchmark atack; there are: .*attack/),
  });
});
