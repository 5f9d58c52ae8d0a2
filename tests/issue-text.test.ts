import { describe, expect, it } from "@jest/globals";
import * as z from "zod";
import { issueText } from "../lib/issue-text.ts";

const told = (schema: z.ZodType, value: unknown): string | undefined =>
  schema.safeParse(value, { error: issueText }).error?.issues[0]?.message;

describe("what is wrong with a value is told in plain words", () => {
  it.each<[z.ZodType, unknown, string]>([
    [z.string(), undefined, "is missing"],
    [z.enum(["a", "b"]), undefined, "is missing"],
    [z.union([z.string(), z.number()]), undefined, "is missing"],
    [z.string(), 7, "must be text"],
    [z.number(), "7", "must be a number"],
    [z.int(), 7.5, "must be a whole number"],
    [z.boolean(), "true", "must be true or false"],
    [z.array(z.string()), "a", "must be a list"],
    [z.object({}), [], "must be an object"],
    [z.record(z.string(), z.string()), 1, "must be an object"],
    [z.string().min(3), "ab", "must have at least 3 characters"],
    [z.string().min(1), "", "must not be empty"],
    [z.string().max(1), "ab", "must have at most 1 character"],
    [z.array(z.string()).min(1), [], "must not be empty"],
    [z.array(z.string()).max(2), ["a", "b", "c"], "must have at most 2 items"],
    [z.number().min(3), 2, "must be at least 3"],
    [z.number().gt(3), 3, "must be more than 3"],
    [z.number().max(3), 4, "must be at most 3"],
    [z.number().lt(3), 3, "must be less than 3"],
    [z.enum(["a", "b"]), "c", "must be one of a, b"],
    [z.literal("a"), "b", "must be a"],
    [z.email(), "nobody", "must be an email address"],
    [z.url(), "nowhere", "must be a URL"],
    [z.iso.date(), "yesterday", "must be a date such as 2026-11-23"],
    [z.iso.datetime(), "noon", "must be a time such as 2026-11-23T09:30:00Z"],
    [z.union([z.string(), z.array(z.string())]), 7, "has none of the forms that are allowed here"],
  ])("%#: %p", (schema, value, text) => {
    expect(told(schema, value)).toBe(text);
  });

  it("but a schema's own words stand above them", () => {
    expect(told(z.string().min(3, { error: "is too short for a name" }), "ab")).toBe(
      "is too short for a name",
    );
  });

  it("and what has no words of ours keeps zod's", () => {
    expect(told(z.number().multipleOf(2), 3)).toBe("Invalid number: must be a multiple of 2");
  });
});
