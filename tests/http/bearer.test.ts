import { describe, expect, it } from "@jest/globals";
import { bearerToken } from "../../lib/http/bearer.ts";

const read = (authorization?: string, all = [authorization ?? ""]) =>
  bearerToken({
    headers: { authorization },
    multiValueHeaders: authorization === undefined ? {} : { authorization: all },
  });

const none = expect.objectContaining({ code: "AUTHENTICATION_REQUIRED" });

describe("the token of an Authorization header", () => {
  it.each(["Bearer abc", "bearer abc", "BEARER   abc", "Bearer abc  "])(
    "is read from %j",
    (header) => {
      expect(read(header)).toBe("abc");
    },
  );

  it.each([
    undefined,
    "",
    "Bearer",
    "Bearer ",
    "Bearer    ",
    "Bearerabc",
    "Basic abc",
    "abc",
    " Bearer abc",
    "Bearer a b",
    "Bearer a\tb",
  ])("is none in %j", (header) => {
    expect(() => read(header)).toThrow(none);
  });

  it("is none where there are two headers", () => {
    expect(() => read("Bearer abc", ["Bearer abc", "Bearer def"])).toThrow(none);
  });

  it("is read or refused at any length", () => {
    const long = "0".repeat(30_000_000);
    expect(read(`Bearer ${long}`)).toHaveLength(long.length);
    expect(() => read(`Bearer ${long} ${long}`)).toThrow(none);
    expect(() => read(`Bearer ${" ".repeat(30_000_000)}`)).toThrow(none);
    expect(() => read(`Bearer ${" ".repeat(30_000_000)}a b`)).toThrow(none);
  });
});
