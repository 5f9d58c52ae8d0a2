import { describe, expect, it } from "@jest/globals";
import * as z from "zod";
import { collections } from "../../lib/collections.ts";
import type { CollectionSpec } from "../../lib/db/collection-spec.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { testDatabase } from "../support/database.ts";

const { db } = await testDatabase();

const things = (schema: z.ZodObject, indexes: CollectionSpec["indexes"]): CollectionSpec[] => [
  { name: "things", schema, indexes },
];
const Thing = z.strictObject({ _id: z.string(), size: z.int().min(0), at: z.date().optional() });

describe("the migration", () => {
  it("creates what is declared, says so, and says nothing the second time", async () => {
    const specs = things(Thing, [
      { name: "size", key: { size: 1 }, unique: true },
      { name: "at", key: { at: 1 }, expireAfterSeconds: 60 },
    ]);
    expect(await migrate(db, specs)).toEqual([
      "created collection things",
      "things: index size created",
      "things: index at created",
    ]);
    expect(await migrate(db, specs)).toEqual([]);
    const store = db.collection<z.input<typeof Thing>>("things");
    await store.insertOne({ _id: "a", size: 1 });
    await expect(store.insertOne({ _id: "b", size: 1 })).rejects.toMatchObject({ code: 11000 });
    await expect(store.insertOne({ _id: "c", size: -1 })).rejects.toMatchObject({ code: 121 });
    await expect(store.insertOne({ _id: "d", size: 1.5 })).rejects.toMatchObject({ code: 121 });
    await expect(store.insertOne({ _id: "e", size: 2, extra: 1 } as never)).rejects.toMatchObject({
      code: 121,
    });
  });

  it("only says what it would do when it is dry", async () => {
    const changed = things(Thing.extend({ size: z.int() }), [
      { name: "size", key: { size: -1 } },
      { name: "more", key: { at: 1, size: 1 } },
    ]);
    const missing = { name: "others", schema: Thing, indexes: [{ name: "at", key: { at: 1 } }] };
    const before = await db.collection("things").indexes();
    const lines = [
      "things: validator updated",
      "things: index size changed",
      "things: index more created",
      "things: index at is declared nowhere; left as it is",
      "created collection others",
    ];
    expect(await migrate(db, [...changed, missing], { dry: true })).toEqual(lines);
    expect(await migrate(db, [...changed, missing], { dry: true })).toEqual(lines);
    expect(await db.collection("things").indexes()).toEqual(before);
    expect(await db.listCollections({ name: "others" }).toArray()).toEqual([]);
  });

  it("updates a validator and an index that changed, and keeps the documents", async () => {
    const specs = things(Thing.extend({ colour: z.string().optional() }), [
      { name: "size", key: { size: -1 }, unique: true },
      { name: "at", key: { at: 1 }, expireAfterSeconds: 120 },
    ]);
    expect(await migrate(db, specs)).toEqual([
      "things: validator updated",
      "things: index size changed",
      "things: index at changed",
    ]);
    expect(await migrate(db, specs)).toEqual([]);
    expect(await db.collection("things").countDocuments()).toBe(1);
  });

  it("leaves an index that nobody declared, and names it", async () => {
    await db.collection("things").createIndex({ colour: 1 }, { name: "by-hand" });
    const specs = things(Thing.extend({ colour: z.string().optional() }), [
      { name: "size", key: { size: -1 }, unique: true },
      { name: "at", key: { at: 1 }, expireAfterSeconds: 120 },
    ]);
    expect(await migrate(db, specs)).toEqual([
      "things: index by-hand is declared nowhere; left as it is",
    ]);
  });

  it("may run beside itself", async () => {
    const specs = [
      { name: "beside", schema: Thing, indexes: [{ name: "size", key: { size: 1 } }] },
    ];
    await Promise.all([migrate(db, specs), migrate(db, specs), migrate(db, specs)]);
    expect(await migrate(db, specs)).toEqual([]);
  });

  it("makes every collection of the service", async () => {
    await migrate(db, collections);
    expect(await migrate(db, collections)).toEqual([]);
    await expect(
      db.collection<{ _id: string }>("jobs").insertOne({ _id: "sweep", extra: true } as never),
    ).rejects.toMatchObject({ code: 121 });
  });
});
