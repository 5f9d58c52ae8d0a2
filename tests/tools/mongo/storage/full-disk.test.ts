import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "@jest/globals";
import { Int32 } from "bson";
import { type JournalFiles, realFiles } from "../../../../tools/local/mongo/storage/files.ts";
import { openStore } from "../../../../tools/local/mongo/storage/store.ts";
import { journalFolders } from "./folder.ts";

const freshFolder = journalFolders();
const int = (n: number): Int32 => new Int32(n);

/** Real files on a disk that takes `room.bytes` more, and writes what fits before it fails. */
function tightDisk() {
  const room = { bytes: Number.POSITIVE_INFINITY, code: "ENOSPC", cutsBack: true };
  const broken = (): Error =>
    Object.assign(new Error(`${room.code}: injected`), { code: room.code });
  const files: JournalFiles = {
    ...realFiles,
    writeSync: ((
      fd: number,
      bytes: Uint8Array,
      offset: number,
      length: number,
      position: number,
    ) => {
      if (room.bytes <= 0) throw broken();
      const written = realFiles.writeSync(
        fd,
        bytes,
        offset,
        Math.min(length, room.bytes),
        position,
      );
      room.bytes -= written;
      return written;
    }) as JournalFiles["writeSync"],
    ftruncateSync(fd, length) {
      if (!room.cutsBack) throw broken();
      realFiles.ftruncateSync(fd, length);
    },
  };
  return { room, files };
}

function openUsers() {
  const directory = freshFolder();
  const { room, files } = tightDisk();
  const store = openStore({ directory, files, log: () => {} });
  const users = store.create("app.users");
  users.createIndex({ key: { x: int(1) }, unique: true });
  for (let n = 0; n < 10; n += 1) users.insert({ _id: int(n), x: int(n), text: `${n}`.repeat(20) });
  const seen = () => ({
    docs: [...users.scan()],
    count: users.count,
    size: users.size,
    entries: users.indexes.map((index) => [...index.entries.range({ from: "", to: "\xff" })]),
  });
  return { directory, room, store, users, seen };
}

describe("a full disk", () => {
  it.each([0, 1, 12, 40, 150])(
    "undoes the whole statement when %d bytes fit, and takes writes again once there is room",
    (bytes) => {
      const { directory, room, store, users, seen } = openUsers();
      const before = seen();
      const journal = path.join(directory, "journal");
      const good = fs.statSync(journal).size;
      room.bytes = bytes;
      const statement = (): void =>
        store.batch(() => {
          users.insert({ _id: int(20), x: int(20) });
          users.replace({ _id: int(1) }, { _id: int(1), x: int(21), text: "y".repeat(500) });
          users.remove({ _id: int(2) });
          users.insert({ _id: int(2), x: int(1) });
        });
      expect(statement).toThrow(
        expect.objectContaining({ code: 14031, codeName: "OutOfDiskSpace" }),
      );
      expect(seen()).toEqual(before);
      expect(fs.statSync(journal).size).toBe(good);

      room.bytes = Number.POSITIVE_INFINITY;
      statement();
      const after = seen();
      store.close();
      const reopened = openStore({ directory });
      expect([...(reopened.collection("app.users")?.scan() ?? [])]).toEqual(after.docs);
      reopened.close();
    },
  );

  it("undoes changes of collections and indexes too", () => {
    const { room, store, users, seen } = openUsers();
    const before = seen();
    room.bytes = 5;
    const full = expect.objectContaining({ code: 14031 });
    expect(() => store.create("app.more")).toThrow(full);
    expect(() => users.createIndex({ key: { text: int(1) } })).toThrow(full);
    expect(() => users.dropIndex("x_1")).toThrow(full);
    expect(() => store.modify("app.users", { validationLevel: "off" })).toThrow(full);
    expect(() => store.dropDatabase("app")).toThrow(full);
    expect(store.list("app")).toEqual([users]);
    expect(users.options).toEqual({});
    expect(seen()).toEqual(before);
    store.close();
  });

  it("leaves no half record behind, even if the journal can't be cut back at once", () => {
    const { directory, room, store, users } = openUsers();
    Object.assign(room, { bytes: 30, cutsBack: false });
    const insert = (n: number): void =>
      users.insert({ _id: int(n), x: int(n), text: "z".repeat(100) });
    expect(() => insert(30)).toThrow(expect.objectContaining({ code: 14031 }));
    room.bytes = Number.POSITIVE_INFINITY;
    // Room again, but what is left of the failed write still stands in the way.
    expect(() => insert(31)).toThrow(expect.objectContaining({ code: 14031 }));
    room.cutsBack = true;
    users.insert({ _id: int(32), x: int(32) });
    store.close();
    const reopened = openStore({ directory });
    expect(reopened.collection("app.users")?.count).toBe(11);
    reopened.close();
  });

  it("is told from other failures, which are internal errors", () => {
    const { room, store, users } = openUsers();
    Object.assign(room, { bytes: 0, code: "EIO" });
    expect(() => users.remove({ _id: int(1) })).toThrow(expect.objectContaining({ code: 1 }));
    expect(users.count).toBe(10);
    store.close();
  });
});
