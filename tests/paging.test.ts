import { describe, expect, it } from "@jest/globals";
import * as z from "zod";
import { PageQuery, pageFacts, sliceOf } from "../lib/paging.ts";

const Position = z.tuple([z.int(), z.string()]);
const query = (asked: Record<string, string>) => PageQuery.parse(asked);

describe("pages", () => {
  it("are 50 long and begin at the first unless told", () => {
    expect(sliceOf(query({}), Position)).toEqual({ skip: 0, limit: 50, after: undefined });
    const third = query({ page: "3", page_size: "20" });
    expect(sliceOf(third, Position)).toEqual({ skip: 40, limit: 20, after: undefined });
  });

  it("go on by the cursor of an answer", () => {
    const { next_cursor: cursor } = pageFacts(query({}), { total: 70, last: [7, "id"] });
    const next = query({ cursor: String(cursor) });
    expect(sliceOf(next, Position)).toEqual({ skip: 0, limit: 50, after: [7, "id"] });
    expect(pageFacts(next, { total: 70, last: undefined })).toEqual({
      total_count: 70,
      page: null,
      page_size: 50,
      next_cursor: null,
    });
  });

  it.each<[string, Record<string, string>]>([
    ["beyond the first 10,000 entries", { page: "101", page_size: "100" }],
    ["with a cursor beside the number", { page: "1", cursor: "W10" }],
    ["by a cursor that is no JSON", { cursor: "x" }],
    ["by the cursor of another list", { cursor: Buffer.from('["a",1]').toString("base64url") }],
  ])("are refused %s", (_, asked) => {
    expect(() => sliceOf(query(asked), Position)).toThrow(
      expect.objectContaining({ code: "VALIDATION_FAILED" }),
    );
  });

  it.each([
    { page: "0" },
    { page: "-1" },
    { page: "1.5" },
    { page: "1e3" },
    { page_size: "101" },
    { page_size: "" },
    { cursor: "" },
  ])("of %p are no pages", (asked) => {
    expect(PageQuery.safeParse(asked).success).toBe(false);
  });
});
