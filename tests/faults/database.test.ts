import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { MongoClient } from "mongodb";
import { accountsCollection, type StoredAccount } from "../../lib/accounts/document.ts";
import { collections } from "../../lib/collections.ts";
import { ledgerCollection } from "../../lib/credits/ledger.ts";
import { openDatabase } from "../../lib/db/connection.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { Failure } from "../../lib/errors.ts";
import { type UsageEvent, usageEventsCollection } from "../../lib/usage/event.ts";
import { type EmbeddedProcess, startEmbedded } from "../../tools/local/embedded.ts";
import {
  expireHolds,
  meteredAccount,
  someAdmission,
  someOutcome,
  testMetering,
} from "../support/metering.ts";
import { expectNoSecrets } from "../support/secrets.ts";
import { type TcpProxy, tcpProxy } from "../support/tcp-proxy.ts";

jest.setTimeout(120_000);

const directory = await mkdtemp(join(tmpdir(), "faults-"));
const log = (): void => {};
let server: EmbeddedProcess = await startEmbedded({ directory, log });
const port = Number(new URL(server.uri).port);
const proxy: TcpProxy = await tcpProxy(port);

/** As a container reaches it. */
const database = openDatabase({
  uri: () => `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`,
  name: "faults",
});
/** As the test looks, past the proxy. */
const direct = () => MongoClient.connect(server.uri);

afterAll(async () => {
  await database.close();
  await proxy.close();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

const balance = 1_000_000;
const workers = 10;

/** One metered request after the other, until told to stop; notes those whose charge was acknowledged. */
async function keepAsking(
  metering: ReturnType<typeof testMetering>,
  token: Awaited<ReturnType<typeof meteredAccount>>["token"],
  charged: string[],
  asking: () => boolean,
): Promise<void> {
  while (asking()) {
    const request = someAdmission(token, { request: { log: metering.log } });
    try {
      const admission = await metering.admit(request);
      const settled = await metering.settle(admission, someOutcome());
      if (settled.recorded) charged.push(request.request.id);
      metering.log.info("request", { id: request.request.id, settled });
    } catch (error) {
      // As the chain logs it.
      metering.log.error("failure", { error });
      if (!(error instanceof Failure) || error.status !== 503) throw error;
      await sleep(20);
    }
  }
}

/** Milliseconds until a whole request succeeds. */
async function untilServed(
  metering: ReturnType<typeof testMetering>,
  token: Awaited<ReturnType<typeof meteredAccount>>["token"],
): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    try {
      const admission = await metering.admit(someAdmission(token));
      if ((await metering.settle(admission, someOutcome())).recorded) break;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      await sleep(20);
    }
  }
  return performance.now() - startedAt;
}

beforeEach(async () => {
  const client = await direct();
  await migrate(client.db("faults"), collections);
  await client.close();
});

/** Faults of the database under load: each ends when its promise does. */
const faults: [string, () => Promise<void>][] = [
  [
    "killed and started again",
    async () => {
      await server.kill();
      await sleep(500);
      server = await startEmbedded({ directory, port, log });
    },
  ],
  [
    "taking 2 s for each answer",
    async () => {
      proxy.slow(2_000);
      await sleep(6_000);
      proxy.slow(0);
    },
  ],
  [
    "cut off half-way through its answers",
    async () => {
      for (let count = 0; count < 10; count++) {
        proxy.cutReplies(true);
        await sleep(100);
        proxy.cutReplies(false);
        await sleep(50);
      }
    },
  ],
  [
    "silent on sockets that look alive",
    async () => {
      proxy.freeze();
      await sleep(4_000);
      proxy.thaw();
    },
  ],
];

describe("with the database", () => {
  it.each(faults)(
    "%s under load, no acknowledged charge is lost, the audit holds, and service is back within 5 s",
    async (_, fault) => {
      const metering = testMetering(database);
      const before = await direct();
      const { account, token, text } = await meteredAccount(before.db("faults"), {
        balance,
        allowance: { day: "2026-01-01", perDay: 0, used: 0 },
        conversations: { day: "2026-01-01", perDay: balance, used: 0 },
        override: {
          rate: { chat: { perMinute: 60_000, burst: 60_000 } },
          openAtOnce: 10_000,
        },
      });
      await before.close();

      const charged: string[] = [];
      let asking = true;
      const load = Array.from({ length: workers }, () =>
        keepAsking(metering, token, charged, () => asking),
      );
      const moreCharged = async (more: number): Promise<void> => {
        for (const until = charged.length + more; charged.length < until; ) await sleep(20);
      };
      await moreCharged(workers);
      await fault();
      expect(await untilServed(metering, token)).toBeLessThan(5_000);
      await moreCharged(workers);
      asking = false;
      await Promise.all(load);

      // Failures with all their causes, and before any rule of the log has taken something out.
      expectNoSecrets(metering.lines, [text, token.hash]);
      const client = await direct();
      const db = client.db("faults");
      // A crash, a cut and a silence leave holds: time passes, and the sweep ends them.
      await expireHolds(db, account._id);
      await metering.sweep();
      expect(await metering.audit()).toMatchObject({ mismatches: 0, unsettled: 0 });
      const events = await db
        .collection<UsageEvent>(usageEventsCollection.name)
        .find({ account: account._id })
        .toArray();
      const captured = new Set(
        events.filter(({ outcome }) => outcome === "captured").map(({ _id }) => _id),
      );
      expect(charged.filter((id) => !captured.has(id))).toEqual([]);
      const ledger = await db
        .collection<{ _id: string }>(ledgerCollection.name)
        .find({ account: account._id, kind: "request" } as never)
        .toArray();
      // One entry for each event of a request that was held, charged or not.
      expect(new Set(ledger.map(({ _id }) => _id))).toEqual(
        new Set(events.filter(({ outcome }) => outcome !== "late").map(({ _id }) => _id)),
      );
      const stored = await db
        .collection<StoredAccount>(accountsCollection.name)
        .findOne({ _id: account._id });
      expect(stored).toMatchObject({ balance: balance - captured.size, holds: [], postings: [] });
      await client.close();
    },
  );
});
