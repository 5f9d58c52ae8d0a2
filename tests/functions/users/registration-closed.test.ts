import { expect, it } from "@jest/globals";
import { collections } from "../../../lib/collections.ts";
import { migrate } from "../../../lib/db/migrate.ts";
import { ask } from "../../support/ask.ts";
import { testDatabase } from "../../support/database.ts";
import { loadFunction } from "../../support/functions.ts";
import { someRegistration } from "../../support/people.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, collections);
const handler = await loadFunction("users/register", {
  MONGODB_URI: uri,
  MONGODB_DATABASE: name,
  USER_REGISTRATION_ENABLED: "false",
});

it("403: POST /v1/users/register while registration is off", async () => {
  const { status, body } = await ask(handler, { body: someRegistration() });
  expect([status, body.code]).toEqual([403, "REGISTRATION_CLOSED"]);
  expect(await db.collection("accounts").countDocuments()).toBe(0);
});
