import { describe, expect, it } from "@jest/globals";
import type { Document } from "mongodb";
import { testDatabase } from "../../support/database.ts";

const { db } = await testDatabase();
const items = db.collection<{ _id: number }>("items");

describe("what the server does not know it refuses", () => {
  it.each<[string, Document, number]>([
    ["a command", { nonsense: 1 }, 59],
    ["a field", { find: "items", nonsense: 1 }, 40415],
    ["a missing field", { insert: "items" }, 40414],
    ["a wrong type", { find: "items", filter: "all" }, 14],
    ["a collection that is no name", { find: 1 }, 73],
    ["an empty batch", { insert: "items", documents: [] }, 16],
    ["an aggregation without a cursor", { aggregate: "items", pipeline: [] }, 9],
    ["a stage", { aggregate: "items", pipeline: [{ $nonsense: 1 }], cursor: {} }, 40324],
    ["a query operator", { find: "items", filter: { x: { $nonsense: 1 } } }, 2],
    [
      "an update operator",
      { update: "items", updates: [{ q: {}, u: { $nonsense: { a: 1 } } }] },
      9,
    ],
    ["a write concern on a read", { find: "items", writeConcern: { w: 1 } }, 72],
    ["a cursor", { getMore: 1n, collection: "items" }, 43],
    ["a negative skip", { find: "items", skip: -1 }, 2],
    ["findAndModify that does nothing", { findAndModify: "items", query: {} }, 9],
    ["a delete of two", { delete: "items", deletes: [{ q: {}, limit: 2 }] }, 9],
  ])("%s", async (_, command, code) => {
    const outcome = await db.command(command).catch((error) => error);
    expect(outcome.code ?? outcome.writeErrors?.[0]?.code).toBe(code);
  });

  it("a write concern that one member can't meet, after the write", async () => {
    const insert = { insert: "items", documents: [{ _id: 20 }], writeConcern: { w: 3 } };
    const outcome = await db.command(insert).catch((error) => error.result ?? error.errorResponse);
    expect(outcome.writeConcernError).toMatchObject({ code: 100 });
    expect(await items.countDocuments({ _id: 20 })).toBe(1);
  });
});
