import { describe, expect, it } from "@jest/globals";
import { Long } from "bson";
import { createCursors } from "../../../tools/local/mongo/cursors.ts";
import { createSessions, sessionKey } from "../../../tools/local/mongo/sessions.ts";
import type { Doc } from "../../../tools/local/mongo/values/codec.ts";

const namespace = "test.items";
const docs = (count: number, field = ""): Doc[] =>
  Array.from({ length: count }, (_, i) => ({ _id: String(i), field }));

const idOf = (cursor: Doc): Long => (cursor.id instanceof Long ? cursor.id : Long.ZERO);
const sizeOf = (batch: unknown): number => (Array.isArray(batch) ? batch.length : Number.NaN);

describe("a cursor", () => {
  it.each([
    ["101 documents at first", {}, 150, 101],
    ["as many as asked for", { batchSize: 7 }, 150, 7],
    ["none when none are asked for", { batchSize: 0 }, 150, 0],
    ["all there are", { batchSize: 200 }, 150, 150],
  ])("gives %s", (_, options, count, expected) => {
    const cursor = createCursors().open({ namespace, docs: docs(count), ...options });
    expect(sizeOf(cursor.firstBatch)).toBe(expected);
    expect(idOf(cursor).isZero()).toBe(expected === count);
  });

  it("gives no batch of more than 16 MiB", () => {
    const cursors = createCursors();
    const megabyte = "x".repeat(2 ** 20);
    const cursor = cursors.open({ namespace, docs: docs(20, megabyte), batchSize: 20 });
    expect(sizeOf(cursor.firstBatch)).toBe(15);
    const request = { id: idOf(cursor), namespace, batchSize: undefined, session: undefined };
    expect(sizeOf(cursors.more(request).nextBatch)).toBe(5);
    expect(cursors.count()).toBe(0);
  });

  it("is closed when nobody asks for more for ten minutes", () => {
    const cursors = createCursors();
    cursors.open({ namespace, docs: docs(5), batchSize: 1 });
    cursors.closeIdle(Date.now() + 9 * 60_000);
    expect(cursors.count()).toBe(1);
    cursors.closeIdle(Date.now() + 11 * 60_000);
    expect(cursors.count()).toBe(0);
  });

  it("belongs to its collection and its session", () => {
    const cursors = createCursors();
    const cursor = cursors.open({ namespace, docs: docs(5), batchSize: 1, session: "mine" });
    const request = { id: idOf(cursor), namespace, batchSize: 1, session: "mine" };
    expect(() => cursors.more({ ...request, session: "other" })).toThrow("another session");
    expect(() => cursors.more({ ...request, namespace: "test.other" })).toThrow(
      "different namespace",
    );
    expect(sizeOf(cursors.more(request).nextBatch)).toBe(1);
    cursors.closeSession("mine");
    expect(() => cursors.more(request)).toThrow("not found");
  });
});

it("a session that nobody uses for half an hour is forgotten", () => {
  const sessions = createSessions();
  const { id } = sessions.start();
  const key = sessionKey(id as Doc);
  expect(sessions.endIdle(Date.now() + 29 * 60_000)).toEqual([]);
  expect(sessions.endIdle(Date.now() + 31 * 60_000)).toEqual([key]);
  expect(sessions.all()).toEqual([]);
});
