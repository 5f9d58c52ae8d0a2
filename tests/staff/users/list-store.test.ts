import { afterAll, describe, expect, it } from "@jest/globals";
import { accountsCollection, type StoredAccount } from "../../../lib/accounts/document.ts";
import { collections } from "../../../lib/collections.ts";
import { clientOptions, openDatabase } from "../../../lib/db/connection.ts";
import { migrate } from "../../../lib/db/migrate.ts";
import {
  requireVisible,
  searchedFields,
  UserListQuery,
} from "../../../lib/staff/users/list-query.ts";
import { userListStore } from "../../../lib/staff/users/list-store.ts";
import { someAccount } from "../../support/accounts.ts";
import { testDatabase } from "../../support/database.ts";

const { db, client, uri, name } = await testDatabase();
await migrate(db, collections);
const appName = `slow-${name}`;
const database = openDatabase({ uri: () => uri, name, options: { ...clientOptions, appName } });
afterAll(() => database.close());
const lists = userListStore(database);

await db
  .collection<StoredAccount>(accountsCollection.name)
  .insertMany([
    someAccount({ name: "Ada", email: "secret@example.com" }),
    someAccount({ name: "Secret", email: "plain@example.com" }),
  ]);

const list = (query: Record<string, string>, searched = searchedFields(["name", "email"])) =>
  lists.list({
    query: UserListQuery.parse(query),
    slice: { skip: 0, limit: 10, after: undefined },
    searched,
  });

/** During `work` the server has no time left for `command`, if it comes from this store. */
async function outOfTime<Result>(command: string, work: () => Promise<Result>): Promise<Result> {
  const configureFailPoint = "failCommand";
  const data = { failCommands: [command], errorCode: 50, appName };
  await client.db("admin").command({ configureFailPoint, mode: "alwaysOn", data });
  return work().finally(() => client.db("admin").command({ configureFailPoint, mode: "off" }));
}

describe("a list of users", () => {
  it("that is not found in time is given up", async () => {
    const search = outOfTime("find", () => list({ search: "secret" }));
    await expect(search).rejects.toMatchObject({ code: "SEARCH_TOO_BROAD" });
  });

  it("that is not counted in time is shown without a count", async () => {
    const { users, total } = await outOfTime("aggregate", () => list({ search: "secret" }));
    expect({ found: users.length, total }).toEqual({ found: 2, total: null });
  });

  it("is searched only in fields that whoever asks sees", async () => {
    const names = async (visible: Parameters<typeof searchedFields>[0]) =>
      (await list({ search: "secret" }, searchedFields(visible))).users.map((user) => user.name);
    expect(await names(["name"])).toEqual(["Secret"]);
    expect(await names(["email", "credits"])).toEqual(["Ada"]);
  });

  it("is filtered and sorted only by such fields", () => {
    const hidden = (asked: Record<string, string>) => {
      try {
        requireVisible(UserListQuery.parse(asked), ["id", "username"]);
        return [];
      } catch (error) {
        return (error as { errors: { path: string }[] }).errors.map(({ path }) => path);
      }
    };
    expect(hidden({ username_prefix: "a", sort: "-username", search: "a" })).toEqual([]);
    expect(hidden({ email_prefix: "a", is_verified: "true", sort: "email" })).toEqual([
      "email_prefix",
      "is_verified",
      "sort",
    ]);
  });
});
