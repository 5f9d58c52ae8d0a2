import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { watchSources } from "../../../tools/local/watch.ts";

const directory = mkdtempSync(join(tmpdir(), "watch-"));
const write = (path: string) => writeFileSync(join(directory, path), String(Math.random()));

let changes = 0;
let stop = (): void => {};

beforeAll(async () => {
  mkdirSync(join(directory, "functions/users"), { recursive: true });
  write("serverless.yml");
  stop = watchSources(directory, () => {
    changes += 1;
  });
  // Some systems tell of what happened just before the watch began.
  await sleep(300);
});
beforeEach(() => {
  changes = 0;
});
afterAll(() => {
  stop();
  rmSync(directory, { recursive: true, force: true });
});

const settled = async (): Promise<number> => {
  for (let tries = 0; tries < 40 && changes === 0; tries++) await sleep(50);
  await sleep(200);
  return changes;
};

describe("the watch over sources", () => {
  it("tells of several writes at once as one change", async () => {
    for (const name of ["a", "b", "a"]) write(`functions/users/${name}.ts`);
    expect(await settled()).toBe(1);
  });

  it("sees serverless.yml replaced, as many editors save it, again and again", async () => {
    for (let round = 0; round < 2; round++) {
      changes = 0;
      write("serverless.yml.new");
      renameSync(join(directory, "serverless.yml.new"), join(directory, "serverless.yml"));
      expect(await settled()).toBe(1);
    }
  });

  it("says nothing of other files, and nothing once stopped", async () => {
    write("README.md");
    await sleep(300);
    stop();
    write("functions/users/a.ts");
    await sleep(300);
    expect(changes).toBe(0);
  });
});
