import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "@jest/globals";
import { Int32 } from "bson";
import { CorruptJournalError } from "../../../../tools/local/mongo/storage/journal.ts";
import { openStore, type StoreOptions } from "../../../../tools/local/mongo/storage/store.ts";
import type { Doc } from "../../../../tools/local/mongo/values/codec.ts";
import { journalFolders } from "./folder.ts";

const freshFolder = journalFolders();
const int = (n: number): Int32 => new Int32(n);

/** Everything a store holds, as plain data. */
function contentsOf(options: StoreOptions): {
  [namespace: string]: { docs: Doc[]; indexes: string[] };
} {
  const store = openStore(options);
  try {
    return Object.fromEntries(
      store
        .databases()
        .flatMap(({ name }) =>
          store
            .list(name)
            .map(({ namespace, indexes, ...collection }) => [
              namespace,
              { docs: [...collection.scan()], indexes: indexes.map((index) => index.name) },
            ]),
        ),
    );
  } finally {
    store.close();
  }
}

/** A small journal with every kind of record; the contents it had after each statement. */
function writeSmallJournal(directory: string): { file: string; ends: number[] } {
  const store = openStore({ directory });
  const file = path.join(directory, "journal");
  const ends: number[] = [];
  const statement = (work: () => void): void => {
    store.batch(work);
    ends.push(fs.statSync(file).size);
  };
  statement(() => store.create("app.gone"));
  statement(() => store.create("app.users", { validationLevel: "strict" }));
  statement(() => store.collection("app.users")?.createIndex({ key: { x: int(1) }, unique: true }));
  statement(() => {
    for (let n = 0; n < 3; n += 1)
      store.collection("app.users")?.insert({ _id: int(n), x: int(n) });
  });
  statement(() =>
    store.collection("app.users")?.replace({ _id: int(1) }, { _id: int(1), x: int(11) }),
  );
  statement(() => store.collection("app.users")?.remove({ _id: int(0) }));
  statement(() => store.modify("app.users", { validationLevel: "off" }));
  statement(() => store.drop("app.gone"));
  store.close();
  return { file, ends };
}

describe("the journal", () => {
  it("brings back everything that was done", () => {
    const directory = freshFolder();
    writeSmallJournal(directory);
    expect(contentsOf({ directory })).toEqual({
      "app.users": {
        docs: [
          { _id: int(1), x: int(11) },
          { _id: int(2), x: int(2) },
        ],
        indexes: ["_id_", "x_1"],
      },
    });
    const store = openStore({ directory });
    const users = store.collection("app.users");
    expect(users?.options).toEqual({ validationLevel: "off" });
    expect(() => users?.insert({ _id: int(9), x: int(11) })).toThrow("E11000");
    store.close();
  });

  it("cut short at any byte comes back as of the last whole statement, with one line in the log", () => {
    const directory = freshFolder();
    const { file, ends } = writeSmallJournal(directory);
    const whole = fs.readFileSync(file);
    const states = new Map<number, string>();
    for (let length = 0; length < whole.length; length += 1) {
      fs.writeFileSync(file, whole.subarray(0, length));
      const log: string[] = [];
      const state = JSON.stringify(contentsOf({ directory, log: (line) => log.push(line) }));
      const good = Math.max(8, ...ends.filter((end) => end <= length));
      expect(fs.statSync(file).size).toBe(good);
      expect(log).toHaveLength(length === good || length === 0 ? 0 : 1);
      expect(state).toBe(states.get(good) ?? state);
      states.set(good, state);
    }
    expect(new Set(states.values()).size).toBeGreaterThan(5);
  });

  it("damaged at any byte is refused with file and offset, and repaired to what stands before", () => {
    const directory = freshFolder();
    const { file, ends } = writeSmallJournal(directory);
    const whole = fs.readFileSync(file);
    for (let at = 0; at < whole.length; at += 1) {
      const damaged = Buffer.from(whole);
      damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << (at % 8)), at);
      fs.writeFileSync(file, damaged);
      const start = at < 8 ? 0 : Math.max(8, ...ends.filter((end) => end <= at));
      let failure: unknown;
      try {
        contentsOf({ directory });
      } catch (error) {
        failure = error;
      }
      expect(failure).toBeInstanceOf(CorruptJournalError);
      expect(failure).toMatchObject({
        offset: start,
        message: expect.stringContaining(`${file} is corrupt at byte ${start}`),
      });
      expect(fs.readFileSync(file).equals(damaged)).toBe(true);

      // Repair is the same for all bytes of a record; a few of each will do.
      if (at % 8 !== 0) continue;
      const repaired = contentsOf({ directory, repair: true });
      fs.writeFileSync(file, whole.subarray(0, start));
      expect(contentsOf({ directory })).toEqual(repaired);
      expect(fs.readFileSync(`${file}.corrupt`).equals(damaged)).toBe(true);
      fs.rmSync(`${file}.corrupt`);
    }
  });

  it("keeps every damaged file aside, not only the last", () => {
    const directory = freshFolder();
    const file = path.join(directory, "journal");
    for (const text of ["no journal", "still no journal"]) {
      fs.writeFileSync(file, text);
      expect(contentsOf({ directory, repair: true })).toEqual({});
    }
    expect(fs.readFileSync(`${file}.corrupt`, "utf8")).toBe("no journal");
    expect(fs.readFileSync(`${file}.2.corrupt`, "utf8")).toBe("still no journal");
  });

  it("refuses sound records that make no sense", () => {
    const directory = freshFolder();
    const { file, ends } = writeSmallJournal(directory);
    const whole = fs.readFileSync(file);
    // Without the record that begins its collection, the next one speaks of none.
    fs.writeFileSync(file, Buffer.concat([whole.subarray(0, ends[0]), whole.subarray(ends[1])]));
    expect(() => openStore({ directory })).toThrow(/corrupt at byte \d+: there is no collection 2/);
  });

  it("belongs to one store at a time", () => {
    const directory = freshFolder();
    const store = openStore({ directory });
    expect(() => openStore({ directory })).toThrow(`in use by process ${process.pid}`);
    store.close();
    openStore({ directory }).close();
  });

  it.each([
    ["no longer runs", `${2 ** 30} 1`],
    ["was another one with this pid", `${process.pid} 1`],
    ["died while it wrote its lock", ""],
  ])("is taken over from a process that %s", (_, content) => {
    const directory = freshFolder();
    const lock = path.join(directory, "lock");
    fs.writeFileSync(lock, content);
    openStore({ directory }).close();
    expect(fs.existsSync(lock)).toBe(false);
  });
});
