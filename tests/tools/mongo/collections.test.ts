import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Document } from "mongodb";
import { testDatabase } from "../../support/database.ts";
import { errorOf } from "../../support/server-error.ts";

const { db, name } = await testDatabase();
const items = db.collection<{ _id: number; x?: number; tags?: string[] }>("items");

beforeEach(async () => {
  await items.drop();
  await items.insertMany([
    { _id: 1, x: 11, tags: ["a", "b"] },
    { _id: 2, x: 22, tags: ["b"] },
    { _id: 3, x: 33 },
  ]);
});

describe("collections and indexes", () => {
  it("are created, listed and dropped", async () => {
    await db.createCollection("made");
    expect(
      (await db.listCollections({}, { nameOnly: true }).toArray()).map((c) => c.name),
    ).toContain("made");
    expect((await db.admin().listDatabases()).databases.map((d) => d.name)).toContain(name);
    await db.dropCollection("made");
    expect(await db.listCollections({ name: "made" }).toArray()).toEqual([]);
  });

  it("hold documents to a validator", async () => {
    const validator = { $jsonSchema: { required: ["n"], properties: { n: { bsonType: "int" } } } };
    const strict = await db.createCollection("strict", { validator });
    await strict.insertOne({ n: 1 });
    const error = await errorOf(strict.insertOne({ n: "one" }));
    expect(error.code).toBe(121);
    expect(error.errInfo).toMatchObject({ details: { operatorName: "$jsonSchema" } });
    expect((await errorOf(strict.updateOne({}, { $unset: { n: 1 } }))).code).toBe(121);
    await strict.insertOne({ n: "one" }, { bypassDocumentValidation: true });
    await db.command({ collMod: "strict", validator: {} });
    await strict.insertOne({});
    await strict.drop();
  });

  it("hold untouched fields too to a validator that came later", async () => {
    const asks = (bsonType: string) => ({ $jsonSchema: { properties: { n: { bsonType } } } });
    const later = await db.createCollection("later", { validator: asks("int") });
    await later.insertOne({ n: 1 });
    await later.updateOne({}, { $set: { other: 1 } });
    await db.command({ collMod: "later", validator: asks("string") });
    expect((await errorOf(later.updateOne({}, { $set: { other: 2 } }))).code).toBe(121);
    await later.updateOne({}, { $set: { n: "one" } });
    await later.updateOne({}, { $set: { other: 2 } });
    await later.drop();
  });

  it("keep values unique, and say which was not", async () => {
    await items.createIndex({ x: 1 }, { unique: true, name: "one_x" });
    const error = await errorOf(items.updateOne({ _id: 1 }, { $set: { x: 22 } }));
    expect(error).toMatchObject({ code: 11000, keyPattern: { x: 1 }, keyValue: { x: 22 } });
    expect(await items.indexes()).toEqual([
      { v: 2, key: { _id: 1 }, name: "_id_" },
      { v: 2, key: { x: 1 }, name: "one_x", unique: true },
    ]);
    expect((await errorOf(items.createIndex({ x: 1 }, { name: "other" }))).code).toBe(85);
    await items.dropIndex("one_x");
    expect(await items.indexes()).toHaveLength(1);
  });

  it("serve queries without a scan", async () => {
    await items.createIndex({ x: 1 });
    const stats = async (filter: Document) =>
      (await items.find(filter).explain("executionStats")).executionStats;
    expect(await stats({ x: 22 })).toMatchObject({ totalDocsExamined: 1, nReturned: 1 });
    expect(await stats({ tags: "a" })).toMatchObject({ totalDocsExamined: 3, nReturned: 1 });
  });

  it("let documents expire", async () => {
    await items.createIndex({ at: 1 }, { expireAfterSeconds: 3600 });
    const index = { keyPattern: { at: 1 }, expireAfterSeconds: 60 };
    await db.command({ collMod: "items", index });
    expect((await items.indexes())[1]).toMatchObject({ expireAfterSeconds: 60 });
  });
});
