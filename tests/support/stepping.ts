import {
  type AnyClientBulkWriteModel,
  type Db,
  type Document,
  MongoClientBulkWriteError,
} from "mongodb";
import type { Database } from "../../lib/db/connection.ts";

export interface Actor {
  /** Whether it has a step left. */
  alive: () => boolean;
  /** Lets it do its next step on the database, and waits until that is done. */
  step: () => Promise<void>;
}

/**
 * Work that does one statement after the other, each only when it is told to; a batch is as many
 * steps as it has statements. One that is not told any more has crashed.
 */
export async function actor(
  db: Db,
  work: (database: Pick<Database, "run">) => Promise<unknown>,
): Promise<Actor> {
  let proceed: (() => void) | undefined;
  let arrived = Promise.withResolvers<void>();
  const turn = async (): Promise<void> => {
    const wait = Promise.withResolvers<void>();
    proceed = wait.resolve;
    arrived.resolve();
    await wait.promise;
  };

  const bulkWrite = async (models: AnyClientBulkWriteModel<Document>[]): Promise<void> => {
    for (const [index, model] of models.entries()) {
      await turn();
      try {
        await db.client.bulkWrite([model]);
      } catch (error) {
        const first = error instanceof MongoClientBulkWriteError && error.writeErrors.get(0);
        // As the whole batch would tell it.
        if (first) error.writeErrors = new Map([[index, first]]);
        throw error;
      }
    }
  };
  const collection = (name: string) => ({
    findOne: async (...args: Parameters<ReturnType<Db["collection"]>["findOne"]>) => {
      await turn();
      return db.collection(name).findOne(...args);
    },
  });
  const stepwise = { databaseName: db.databaseName, client: { bulkWrite }, collection } as unknown;
  const database = { run: <R>(one: (db: Db) => Promise<R>): Promise<R> => one(stepwise as Db) };

  let failure: unknown;
  const end = (error?: unknown): void => {
    failure = error;
    proceed = undefined;
    arrived.resolve();
  };
  work(database).then(() => end(), end);
  await arrived.promise;
  return {
    alive: () => proceed !== undefined,
    step: async () => {
      arrived = Promise.withResolvers<void>();
      const go = proceed;
      proceed = undefined;
      go?.();
      await arrived.promise;
      if (failure) throw failure;
    },
  };
}
