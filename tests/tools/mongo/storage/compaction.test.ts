import fs from "node:fs";
import path from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { Int32 } from "bson";
import { realFiles } from "../../../../tools/local/mongo/storage/files.ts";
import { openStore, type Store } from "../../../../tools/local/mongo/storage/store.ts";
import { journalFolders } from "./folder.ts";

const freshFolder = journalFolders();
const int = (n: number): Int32 => new Int32(n);
const text = "x".repeat(10_000);

const idsAndVersions = (store: Store): unknown[] =>
  store
    .list("app")
    .map(({ namespace, indexes, ...collection }) => [
      namespace,
      indexes.map((index) => index.name),
      [...collection.scan()].map(({ _id, version }) => [String(_id), String(version)]),
    ]);

function fill(store: Store, count: number): void {
  const users = store.create("app.users");
  for (let n = 0; n < count; n += 1) users.insert({ _id: int(n), version: int(0), text });
}

/** Updates documents round and round, a turn of the event loop after each. */
async function churn(store: Store, times: number, each?: (n: number) => void): Promise<void> {
  const users = store.collection("app.users");
  for (let n = 0; n < times; n += 1) {
    const _id = int(n % 200);
    if (users?.byId(_id)) users.replace({ _id }, { _id, version: int(n), text });
    each?.(n);
    await turn();
  }
}

describe("compaction", () => {
  it("keeps the journal near the size of what lives, while statements go on", async () => {
    const directory = freshFolder();
    const store = openStore({ directory, compactAbove: 1 << 20 });
    fill(store, 300);
    const journal = path.join(directory, "journal");
    let largest = 0;
    await churn(store, 2000, (n) => {
      largest = Math.max(largest, fs.statSync(journal).size);
      if (n === 900) store.collection("app.users")?.createIndex({ key: { version: int(1) } });
      if (n === 901) store.create("app.late").insert({ _id: int(1) });
      if (n % 50 === 0) store.collection("app.users")?.remove({ _id: int(200 + n / 50) });
    });
    // 2,000 updates of 10 KB are 20 MB; what lives is 3 MB.
    expect(largest).toBeLessThan(10 * 2 ** 20);
    const before = idsAndVersions(store);
    store.close();
    expect(fs.readdirSync(directory)).toEqual(["journal"]);
    const reopened = openStore({ directory });
    expect(idsAndVersions(reopened)).toEqual(before);
    reopened.close();
  });

  it("may stop at any step and lose nothing", async () => {
    const directory = freshFolder();
    for (let stop = 0; stop < 12; stop += 1) {
      const store = openStore({ directory, compactAbove: 1 << 20 });
      if (stop === 0) fill(store, 300);
      await churn(store, 300 + stop);
      const before = idsAndVersions(store);
      store.close();
      const reopened = openStore({ directory, compactAbove: 2 ** 30 });
      expect(idsAndVersions(reopened)).toEqual(before);
      reopened.close();
    }
  });

  it("that fails leaves the old journal in use, with a line in the log", async () => {
    const directory = freshFolder();
    const log: string[] = [];
    const files = {
      ...realFiles,
      renameSync: () => {
        throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
      },
    };
    const store = openStore({ directory, files, compactAbove: 1 << 20, log: (l) => log.push(l) });
    fill(store, 200);
    await churn(store, 400);
    const before = idsAndVersions(store);
    store.close();
    expect(log[0]).toMatch(/compaction failed.*ENOSPC/);
    expect(fs.existsSync(path.join(directory, "journal.new"))).toBe(false);
    const reopened = openStore({ directory });
    expect(idsAndVersions(reopened)).toEqual(before);
    reopened.close();
  });

  it("happens at open if it is due, and a half-made snapshot of a killed process is no trouble", async () => {
    const directory = freshFolder();
    const store = openStore({ directory });
    fill(store, 200);
    await churn(store, 1000);
    const before = idsAndVersions(store);
    store.close();
    fs.writeFileSync(path.join(directory, "journal.new"), "half");
    const reopened = openStore({ directory, compactAbove: 1 << 20 });
    expect(fs.statSync(path.join(directory, "journal")).size).toBeLessThan(3 * 2 ** 20);
    expect(idsAndVersions(reopened)).toEqual(before);
    reopened.close();
    expect(fs.readdirSync(directory)).toEqual(["journal"]);
  });
});
