import fs from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "@jest/globals";
import { embeddedServer } from "../../support/embedded.ts";

const directory = await mkdtemp(path.join(tmpdir(), "full-"));
let isFull = false;
const writeSync = ((...args: Parameters<typeof fs.writeSync>) => {
  if (isFull) throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  return fs.writeSync(...args);
}) as typeof fs.writeSync;
const server = await embeddedServer({ directory, files: { ...fs, writeSync } });
const items = server.db.collection<{ _id: number; n: number }>("items");

afterAll(() => rm(directory, { recursive: true, force: true }));

it("a write without space left is refused and undone, reads go on, and writes do once there is space", async () => {
  await items.insertOne({ _id: 1, n: 1 });
  isFull = true;
  const refused = { code: 14031 };
  await expect(
    items.insertMany([
      { _id: 2, n: 2 },
      { _id: 3, n: 3 },
    ]),
  ).rejects.toMatchObject(refused);
  await expect(items.updateOne({ _id: 1 }, { $inc: { n: 1 } })).rejects.toMatchObject(refused);
  await expect(items.findOneAndDelete({ _id: 1 })).rejects.toMatchObject(refused);
  expect(await items.find().toArray()).toEqual([{ _id: 1, n: 1 }]);
  isFull = false;
  await items.updateOne({ _id: 1 }, { $inc: { n: 1 } });
  expect(await items.find().toArray()).toEqual([{ _id: 1, n: 2 }]);
});
