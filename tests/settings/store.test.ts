import { beforeAll, expect, it } from "@jest/globals";
import { migrate } from "../../lib/db/migrate.ts";
import { settingsCollection } from "../../lib/settings/document.ts";
import { settingsStore } from "../../lib/settings/store.ts";
import { testDatabase } from "../support/database.ts";

const { db } = await testDatabase();
beforeAll(() => migrate(db, [settingsCollection]));

it("the stored settings are what differs from the defaults, and nothing at first", async () => {
  const store = settingsStore({ run: (work) => work(db) });
  expect(await store.service()).toMatchObject({ version: 0, value: {} });
  const value = { login: { address: { failures: 1_000 } } };
  await db
    .collection<{ _id: string }>("settings")
    .insertOne({ _id: "service", version: 1, value, updatedAt: new Date() } as { _id: string });
  expect(await store.service()).toMatchObject({ version: 1, value });
});
