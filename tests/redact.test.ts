import { describe, expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import { createLog } from "../lib/logger.ts";
import { redact, redactText } from "../lib/redact.ts";

const logged = (write: (log: ReturnType<typeof createLog>) => void): string => {
  const lines: string[] = [];
  const spy = jest.spyOn(process.stdout, "write").mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
  const errors = jest.spyOn(process.stderr, "write").mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
  try {
    write(createLog("DEBUG"));
  } finally {
    spy.mockRestore();
    errors.mockRestore();
  }
  return lines.join("");
};

describe("a log line", () => {
  it.each([
    "password",
    "new_password",
    "currentPassword",
    "token",
    "refresh_token",
    "session_token",
    "api_key",
    "apiKey",
    "UPSTREAM_API_KEY",
    "Authorization",
    "authorization",
    "otp_code",
    "client_secret",
    "recovery_codes",
    "seed",
    "Cookie",
  ])("never holds the value of a field named %s", (field) => {
    const line = logged((log) => log.info("x", { deep: [{ [field]: "hunter2-hunter2" }] }));
    expect(line).toContain("[redacted]");
    expect(line).not.toContain("hunter2");
  });

  it.each<[string, string, string]>([
    ["an API key", "key pe_4fXk29aLmQ0000 was used", "4fXk29"],
    ["a session token", "pes_4fXk29aLmQ0000", "4fXk29"],
    ["a refresh token", "per_4fXk29aLmQ0000", "4fXk29"],
    ["a session token of staff", "pas_4fXk29aLmQ0000", "4fXk29"],
    ["a refresh token of staff", "par_4fXk29aLmQ0000", "4fXk29"],
    ["a token for a new password", "pep_4fXk29aLmQ0000", "4fXk29"],
    ["a bearer credential", "Authorization: Bearer abc.def-ghi", "abc.def"],
    ["an upstream's key", "sk-proj-abcdefgh12345678", "abcdefgh"],
    ["the user part of a URL", "mongodb+srv://user:pass@cluster.example/db", "user:pass"],
  ])("never holds %s inside a text", (_, text, secret) => {
    expect(logged((log) => log.error("x", { note: text }))).not.toContain(secret);
    expect(logged((log) => log.error("x", { error: new Error(text) }))).not.toContain(secret);
    expect(logged((log) => log.error(text))).not.toContain(secret);
    expect(
      logged((log) => log.error("x", { error: new Error("outer", { cause: new Error(text) }) })),
    ).not.toContain(secret);
  });

  it("keeps what is no secret", () => {
    const fields = {
      tokens_used: 12,
      prompt_tokens: 3,
      code: "NOT_FOUND",
      key_id: "65a0",
      seed: null,
    };
    expect(JSON.parse(JSON.stringify(fields, redact))).toEqual(fields);
  });

  it("is one line of JSON whatever it is given", () => {
    fc.assert(
      fc.property(fc.string(), fc.dictionary(fc.string(), fc.jsonValue()), (message, fields) => {
        const text = logged((log) => log.info(message, { fields }));
        expect(text.trimEnd().split("\n")).toHaveLength(1);
        expect(() => JSON.parse(text)).not.toThrow();
      }),
      { numRuns: 50 },
    );
  });

  it("keeps the fields of requests that run side by side apart", () => {
    const text = logged((log) => {
      const [a, b] = [log.with({ request_id: "a" }), log.with({ request_id: "b" })];
      a.info("one");
      b.info("two");
      a.info("three");
    });
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => [line.request_id, line.message])).toEqual([
      ["a", "one"],
      ["b", "two"],
      ["a", "three"],
    ]);
  });
});

describe("taking secrets out of text", () => {
  it.each<[string, string]>([
    ["key pe_4fXk29 was used", "key pe_[redacted] was used"],
    ["pe_4fXk2 is too short for one", "pe_4fXk2 is too short for one"],
    ["Bearer  abc.def-ghi, then", "Bearer [redacted], then"],
    ["basic YWJj", "basic [redacted]"],
    ["with sk-abcd1234.", "with sk-[redacted]."],
    ["sk-abcd123 is too short", "sk-abcd123 is too short"],
    ["at mongodb+srv://user:pass@cluster/db", "at mongodb+srv://[redacted]@cluster/db"],
    ["redis://user:pass@cache", "redis://[redacted]@cache"],
    ["https://example.com/@ada", "https://example.com/@ada"],
  ])("%s: %s", (text, clean) => expect(redactText(text)).toBe(clean));

  it.each<[string, string]>([
    ["otpcode", "[redacted]"],
    ["recoverycode", "[redacted]"],
    ["recovery_code", "[redacted]"],
    ["privateKey", "[redacted]"],
    ["xauthorization", "kept"],
    ["token_count", "kept"],
  ])("the value of %s is %s", (field, value) => expect(redact(field, "kept")).toBe(value));

  it("leaves what is not there as it is", () => {
    expect(redact("password", undefined)).toBeUndefined();
    expect(redact("password", null)).toBeNull();
  });

  it("is done once and for all", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(redactText(redactText(text))).toBe(redactText(text));
      }),
    );
  });
});
