import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterEach, describe, expect, it } from "@jest/globals";
import { MongoNetworkTimeoutError, MongoServerError, MongoServerSelectionError } from "mongodb";
import { clientOptions, type Database, openDatabase } from "../../lib/db/connection.ts";
import { databaseRoundTrip } from "../../lib/db/health.ts";
import { testDatabase } from "../support/database.ts";
import { type TcpProxy, tcpProxy } from "../support/tcp-proxy.ts";

const { uri, name, db } = await testDatabase();
const serverPort = Number(new URL(uri).port);

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const open = (address: string, options = {}): Database => {
  const database = openDatabase({
    uri: () => address,
    name,
    options: { ...clientOptions, ...options },
  });
  cleanups.push(() => database.close());
  return database;
};

const proxied = async (options = {}): Promise<{ proxy: TcpProxy; database: Database }> => {
  const proxy = await tcpProxy(serverPort);
  const database = open(`mongodb://127.0.0.1:${proxy.port}/?directConnection=true`, options);
  cleanups.push(() => proxy.close());
  return { proxy, database };
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
};

const insert = (database: Database, _id: string) =>
  database.run((use) => use.collection<{ _id: string }>("things").insertOne({ _id }));

const unavailable = { code: "DATABASE_UNAVAILABLE", status: 503, retryAfter: 2 };

describe("the cached client", () => {
  it("connects once for requests that run side by side, and never holds more connections than its pool", async () => {
    const { proxy, database } = await proxied();
    await Promise.all(Array.from({ length: 50 }, () => databaseRoundTrip(database)));
    const monitor = 1;
    expect(clientOptions).toMatchObject({ maxPoolSize: 5, serverMonitoringMode: "poll" });
    expect(proxy.mostOpen()).toBeLessThanOrEqual(clientOptions.maxPoolSize + monitor);
  });

  it("does not keep a failed first connect", async () => {
    const port = await freePort();
    const uri = `mongodb://127.0.0.1:${port}/?directConnection=true`;
    const database = open(uri, { serverSelectionTimeoutMS: 200 });
    await expect(databaseRoundTrip(database)).rejects.toMatchObject({
      ...unavailable,
      // Our own bound would leave a connect under way that might still succeed.
      cause: expect.any(MongoServerSelectionError),
    });
    const proxy = await tcpProxy(serverPort, port);
    cleanups.push(() => proxy.close());
    expect(await databaseRoundTrip(database)).toBeGreaterThanOrEqual(0);
  });

  it("says within 5 s that nothing answers at the address", async () => {
    const database = open(`mongodb://127.0.0.1:${await freePort()}/?directConnection=true`);
    const startedAt = performance.now();
    await expect(insert(database, "nowhere")).rejects.toMatchObject({
      ...unavailable,
      cause: expect.any(MongoServerSelectionError),
    });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it("says that an unusable address is no fault of the request", async () => {
    await expect(databaseRoundTrip(open("mongodb://"))).rejects.toMatchObject(unavailable);
  });

  it("is repaired within the request when its connections died during a freeze", async () => {
    const { proxy, database } = await proxied();
    await Promise.all(Array.from({ length: 5 }, () => databaseRoundTrip(database)));
    proxy.cut();
    await insert(database, "after-cut");
    expect(
      await db.collection<{ _id: string }>("things").countDocuments({ _id: "after-cut" }),
    ).toBe(1);
  });

  it("ends a request on a half-dead socket in 503 within 5 s, and serves the next one by a new client", async () => {
    const { proxy, database } = await proxied();
    const clientNow = () => database.run(async (use) => use.client);
    const client = await clientNow();
    await databaseRoundTrip(database);
    proxy.freeze();
    const startedAt = performance.now();
    await expect(insert(database, "frozen")).rejects.toMatchObject(unavailable);
    expect(performance.now() - startedAt).toBeLessThan(5_500);
    proxy.thaw();
    expect(await clientNow()).not.toBe(client);
    await insert(database, "thawed");
    expect(await db.collection<{ _id: string }>("things").countDocuments({ _id: "thawed" })).toBe(
      1,
    );
  });

  it("bounds a use that never ends", async () => {
    const { database } = await proxied();
    const never = database.run(() => new Promise<never>(() => undefined), 200);
    await expect(never).rejects.toMatchObject(unavailable);
    expect(await databaseRoundTrip(database)).toBeGreaterThanOrEqual(0);
  });

  it("gives up a socket that is silent, and the wait for a free connection, before the request ends", async () => {
    const { proxy, database } = await proxied({ maxPoolSize: 1, retryWrites: false });
    await databaseRoundTrip(database);
    proxy.freeze();
    const uses = [insert(database, "silent"), insert(database, "waiting")];
    const reasons = (await Promise.allSettled(uses)).map((use) =>
      use.status === "rejected" ? (use.reason as Error).cause : undefined,
    );
    expect(reasons).toEqual([
      expect.any(MongoNetworkTimeoutError),
      expect.objectContaining({ name: "MongoWaitQueueTimeoutError" }),
    ]);
  });

  it("closes connections that stood idle", async () => {
    expect(clientOptions.maxIdleTimeMS).toBe(60_000);
    const { proxy, database } = await proxied({ maxIdleTimeMS: 50 });
    await Promise.all(Array.from({ length: 5 }, () => databaseRoundTrip(database)));
    const before = proxy.open();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await databaseRoundTrip(database);
    expect(proxy.open()).toBeLessThan(before);
  });

  it("passes on the errors of an operation as they are, and keeps its connection", async () => {
    const { proxy, database } = await proxied();
    await insert(database, "twice");
    const opened = proxy.mostOpen();
    await expect(insert(database, "twice")).rejects.toBeInstanceOf(MongoServerError);
    await databaseRoundTrip(database);
    expect(proxy.mostOpen()).toBe(opened);
  });

  it("writes with majority and retries, so that an acknowledged write stays", async () => {
    const { database } = await proxied();
    const options = await database.run(async (use) => use.client.options);
    expect(options).toMatchObject({ retryWrites: true, retryReads: true });
    expect(options.writeConcern?.w).toBe("majority");
  });
});
