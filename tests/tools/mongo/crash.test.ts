import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "@jest/globals";
import { MongoClient } from "mongodb";
import { startEmbedded } from "../../../tools/local/embedded.ts";

const directory = await mkdtemp(path.join(tmpdir(), "crash-"));
const log = () => {};

afterAll(() => rm(directory, { recursive: true, force: true }));

/** Writes without a pause until the server is gone, and returns the last acknowledged number. */
const writeUntilKilled = async (uri: string, kill: () => Promise<void>, from: number) => {
  const client = new MongoClient(uri, { retryWrites: false, serverSelectionTimeoutMS: 500 });
  const counters = client
    .db("test")
    .collection<{ _id: string; n: number; list: number[] }>("counters");
  let acknowledged = from;
  setTimeout(kill, 300);
  try {
    for (;;) {
      const n = acknowledged + 1;
      await counters.insertOne({ _id: `${n}`, n, list: [] });
      await counters.updateOne(
        { _id: "all" },
        { $set: { n }, $push: { list: n } },
        { upsert: true },
      );
      acknowledged = n;
    }
  } catch {
    return acknowledged;
  } finally {
    await client.close();
  }
};

it("a server killed with SIGKILL under writes has lost no acknowledged one", async () => {
  let acknowledged = 0;
  for (let round = 0; round < 2; round++) {
    const server = await startEmbedded({ directory, log });
    acknowledged = await writeUntilKilled(server.uri, server.kill, acknowledged);
    const reopened = await startEmbedded({ directory, log });
    const client = await MongoClient.connect(reopened.uri);
    const counters = client.db("test").collection<{ _id: string; n: number }>("counters");
    const { n } = (await counters.findOne({ _id: "all" })) ?? { n: 0 };
    const singles = await counters.countDocuments({ _id: { $ne: "all" } });
    expect(acknowledged).toBeGreaterThan(0);
    // The write in flight may have been applied or not; the inserts run one ahead.
    expect(n === acknowledged || n === acknowledged + 1).toBe(true);
    expect(singles === acknowledged || singles === acknowledged + 1).toBe(true);
    await counters.deleteOne({ _id: `${acknowledged + 1}` });
    await client.close();
    await reopened.stop();
  }
});

it("two servers can't open one directory", async () => {
  const first = await startEmbedded({ directory, log });
  await expect(startEmbedded({ directory, log })).rejects.toThrow();
  await first.stop();
});

it("a server whose starter closes its input ends", async () => {
  const server = await startEmbedded({ log });
  await server.stop();
  expect(() => process.kill(server.pid, 0)).toThrow();
});
