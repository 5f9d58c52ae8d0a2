import { fork } from "node:child_process";
import { once } from "node:events";
import { MongoClient } from "mongodb";
import { collections } from "../lib/collections.ts";
import { migrate } from "../lib/db/migrate.ts";
import { settingsCollection } from "../lib/settings/document.ts";
import type { Section } from "./figures.ts";
import { freePlans, insertMetered } from "./metered.ts";

export interface OverheadFigures {
  /** Milliseconds, medians over the requests. */
  whole: number;
  /** Of its calls of the driver: the command written, sent, done and its answer read. */
  database: number;
  /** `whole` without `database`, request by request. */
  rest: number;
}

const accounts = 200;

/**
 * A chat request through the whole function, from its event to its answer, log lines and metrics
 * included, with a model that answers at once; in a process of its own, as the function is.
 */
export async function benchOverhead(uri: string): Promise<Section> {
  const client = await MongoClient.connect(uri);
  const db = client.db(`bench_overhead_${process.pid}`);
  try {
    await migrate(db, collections);
    await db.collection<{ _id: string }>(settingsCollection.name).insertOne({
      _id: "service",
      version: 1,
      value: { plans: freePlans },
      updatedAt: new Date(),
    } as { _id: string });
    const keys = await insertMetered(db, accounts);
    const figures = await measuredInChild(
      uri,
      db.databaseName,
      keys.map(({ text }) => text),
    );
    return {
      title: "What the handler adds",
      text: "A metered chat request from its event to its answer, validation, log line and metrics included, with a model that answers at once, minus the time of its calls of the driver. Medians.",
      ratios: [
        {
          what: "handler without its database time against the database time",
          ours: figures.rest,
          other: figures.database,
          unit: "ms",
          aim: { of: "ours", most: 1 },
          shortfall:
            "No part of it stands out in a profile: zod, the log line and the metrics of Powertools, and the streams around the model's answer take a tenth each.",
          note: `${figures.whole.toFixed(2)} ms in all`,
        },
      ],
    };
  } finally {
    await db.dropDatabase();
    await client.close();
  }
}

async function measuredInChild(
  uri: string,
  name: string,
  keys: readonly string[],
): Promise<OverheadFigures> {
  const child = fork(new URL("./overhead-child.ts", import.meta.url), {
    // What the function writes goes where Lambda's own reader would take it.
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    env: {
      MONGODB_URI: uri,
      MONGODB_DATABASE: name,
      TOKEN_SECRET: "the secret of the benchmarks, long enough",
      UPSTREAM_URL: "http://127.0.0.1:9/v1",
      UPSTREAM_API_KEY: "sk-bench",
      LOG_LEVEL: "INFO",
    },
  });
  try {
    child.send(keys);
    const ended = once(child, "exit").then(([code]) => {
      throw new Error(`the process of the handler ended with ${code}`);
    });
    const [figures] = (await Promise.race([once(child, "message"), ended])) as [OverheadFigures];
    return figures;
  } finally {
    child.kill();
  }
}
