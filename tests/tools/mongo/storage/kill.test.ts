import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "@jest/globals";
import { Int32 } from "bson";
import { openStore } from "../../../../tools/local/mongo/storage/store.ts";
import { journalFolders } from "./folder.ts";

const freshFolder = journalFolders();
const writer = fileURLToPath(new URL("./writer.ts", import.meta.url));

/** Runs the writer from statement `first` on, kills it after a while, and returns the last number it told. */
async function writeAndKill(directory: string, first: number, millis: number): Promise<number> {
  const child = spawn(process.execPath, [writer, directory, String(first)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let told = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    told += text;
  });
  const closed = once(child, "close");

  while (told === "" && child.exitCode === null) await pause(5);
  expect(() => openStore({ directory })).toThrow(`in use by process ${child.pid}`);
  await pause(millis);
  child.kill("SIGKILL");
  await closed;
  return Number(told.trimEnd().split("\n").at(-1));
}

describe("kill -9 of a writing process", () => {
  it("loses no acknowledged statement, leaves none in half, and frees the journal, also during compaction", async () => {
    const directory = freshFolder();
    let next = 0;
    for (let round = 0; round < 8; round += 1) {
      const acknowledged = await writeAndKill(directory, next, Math.random() * 250);
      expect(acknowledged).toBeGreaterThanOrEqual(next);
      const store = openStore({ directory, repair: false });
      const docs = store.collection("app.docs");
      const latest = Number(docs?.byId("latest")?.n);
      // One more may be in the journal than was told in time.
      expect([acknowledged, acknowledged + 1]).toContain(latest);
      const ids = [...(docs?.scan() ?? [])].flatMap(({ _id }) =>
        _id instanceof Int32 ? [_id.value] : [],
      );
      const expected = Array.from({ length: Math.min(latest + 1, 100) }, (_, i) => latest - i);
      expect(ids.sort((a, b) => b - a)).toEqual(expected);
      store.close();
      next = latest + 1;
    }
  }, 60_000);
});
