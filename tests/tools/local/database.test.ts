import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { MongoClient } from "mongodb";
import { chooseDatabase } from "../../../tools/local/database.ts";
import { startEmbedded } from "../../../tools/local/embedded.ts";
import { findMongod } from "../../../tools/local/mongod.ts";

const folder = await mkdtemp(path.join(tmpdir(), "database-"));
const lines: string[] = [];
const log = (line: string) => lines.push(line);
const { MONGODB_URI, PATH, MONGOMS_SYSTEM_BINARY } = process.env;

const setEnvironment = (values: Record<string, string | undefined>) => {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
};

/** A program that answers `--version` as a mongod of that version does. */
const fakeMongod = async (version: string) => {
  const binary = path.join(folder, "mongod");
  await writeFile(binary, `#!/bin/sh\necho "db version v${version}"\n`);
  await chmod(binary, 0o755);
  return binary;
};

beforeEach(() => {
  lines.length = 0;
});
afterEach(() => setEnvironment({ MONGODB_URI, PATH, MONGOMS_SYSTEM_BINARY }));
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the choice of database", () => {
  it("is MONGODB_URI where it is set", async () => {
    const server = await startEmbedded({ log });
    setEnvironment({ MONGODB_URI: server.uri });
    const database = await chooseDatabase({ log });
    expect(database).toMatchObject({ kind: "external", uri: server.uri });
    await database.stop();
    await server.stop();
  });

  it.each([
    ["is no connection string", "not a uri"],
    ["leads nowhere", "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200"],
  ])("is refused with its name if MONGODB_URI %s", async (_, uri) => {
    setEnvironment({ MONGODB_URI: uri });
    await expect(chooseDatabase({ log })).rejects.toThrow("MONGODB_URI is set but can't be used");
  });

  it("is refused if MONGODB_URI leads to a server older than 8", async () => {
    const server = await startEmbedded({ log });
    const old = createServer((client) => {
      const upstream = connect(Number(new URL(server.uri).port), "127.0.0.1");
      const asOld = (bytes: Buffer) => bytes.toString("latin1").replaceAll("8.0.0", "7.0.0");
      upstream.on("data", (bytes) => client.write(asOld(bytes), "latin1"));
      client.pipe(upstream);
      for (const socket of [client, upstream]) socket.on("error", () => client.destroy());
    }).listen(0, "127.0.0.1");
    await once(old, "listening");
    const { port } = old.address() as AddressInfo;
    setEnvironment({ MONGODB_URI: `mongodb://127.0.0.1:${port}/?directConnection=true` });
    await expect(chooseDatabase({ log })).rejects.toThrow("it is MongoDB 7.0.0; 8 or newer");
    old.close();
    await server.stop();
  });

  it("is the embedded one where nothing else is", async () => {
    setEnvironment({ MONGODB_URI: undefined, MONGOMS_SYSTEM_BINARY: undefined, PATH: folder });
    const database = await chooseDatabase({ log });
    expect(database.kind).toBe("embedded");
    expect(database.description).toContain("embedded");
    await database.stop();
  });
});

describe("an installed mongod", () => {
  it("is found on the PATH", async () => {
    const binary = await fakeMongod("8.0.4");
    expect(await findMongod(log, { PATH: `/nowhere:${folder}` })).toEqual({
      binary,
      version: "8.0.4",
    });
  });

  it("is the one that MONGOMS_SYSTEM_BINARY names", async () => {
    const binary = await fakeMongod("8.2.0");
    expect(await findMongod(log, { MONGOMS_SYSTEM_BINARY: binary })).toMatchObject({ binary });
  });

  it("is passed over with a line if MONGOMS_SYSTEM_BINARY names none", async () => {
    const env = { MONGOMS_SYSTEM_BINARY: "/nowhere/mongod", PATH: folder };
    expect(await findMongod(log, env)).toBeUndefined();
    expect(lines).toEqual([expect.stringContaining("/nowhere/mongod")]);
  });

  it("is refused with a line if it is too old", async () => {
    await fakeMongod("7.0.12");
    expect(await findMongod(log, { PATH: folder })).toBeUndefined();
    expect(lines).toEqual([expect.stringContaining("is 7.0.12")]);
  });
});

describe("a corrupt journal", () => {
  it("is refused with file and place, and its good part is kept on repair", async () => {
    const directory = path.join(folder, "corrupt");
    const first = await startEmbedded({ directory, log });
    const write = async (uri: string, _id: number) => {
      const client = await MongoClient.connect(uri);
      const items = client.db("test").collection<{ _id: number; pad: string }>("items");
      await items.insertOne({ _id, pad: "x".repeat(100) });
      const count = await items.countDocuments();
      await client.close();
      return count;
    };
    await write(first.uri, 1);
    await write(first.uri, 2);
    await first.kill();
    const journal = await spoilMiddle(directory);
    await expect(startEmbedded({ directory, log })).rejects.toThrow(path.basename(journal));
    const repaired = await startEmbedded({ directory, repair: true, log });
    expect(await write(repaired.uri, 3)).toBeLessThanOrEqual(2);
    await repaired.stop();
  });
});

/** Changes one byte in the middle of the journal and returns its path. */
const spoilMiddle = async (directory: string): Promise<string> => {
  const files = await readdir(directory);
  const name = files.find((file) => file.includes("journal"));
  if (name === undefined) throw new Error(`no journal among ${files.join(", ")}`);
  const file = path.join(directory, name);
  const bytes = await readFile(file);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
  await writeFile(file, bytes);
  return file;
};
