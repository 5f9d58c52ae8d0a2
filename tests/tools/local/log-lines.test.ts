import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { openLogFile, readable } from "../../../tools/local/log-lines.ts";

const directory = mkdtempSync(join(tmpdir(), "log-lines-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const timestamp = "2026-01-02T03:04:05.678Z";
const time = new Date(timestamp).toTimeString().slice(0, 8);

describe("a log line for people", () => {
  it.each<[string, object, string]>([
    [
      "a request",
      {
        level: "INFO",
        timestamp,
        message: "request",
        method: "GET",
        path: "/a",
        status: 404,
        duration_ms: 1.5,
        code: "NOT_FOUND",
        ip: "::1",
        request_id: "r",
      },
      `${time} GET /a 404 1.5 ms NOT_FOUND`,
    ],
    [
      "a message",
      { level: "WARN", timestamp, service: "s", message: "slow", route: "/a", rows: 3 },
      `${time} WARN slow {"route":"/a","rows":3}`,
    ],
    [
      "an error with its stack",
      { level: "ERROR", message: "failed", error: { stack: "Error: x\n  at y" } },
      "ERROR failed \nError: x\n  at y",
    ],
    [
      "an error with what caused it",
      {
        level: "ERROR",
        message: "failed",
        error: { stack: "Error: x", cause: { stack: "Error: y", cause: "z" } },
      },
      "ERROR failed \nError: x\nError: y\nz",
    ],
    [
      "an error without one",
      { level: "ERROR", message: "failed", error: { name: "E" } },
      'ERROR failed \n{"name":"E"}',
    ],
  ])("says of %s what a developer wants to see", (_, line, expected) => {
    expect(readable(JSON.stringify(line))).toBe(expected);
  });

  it("leaves metrics to the file", () => {
    expect(readable(JSON.stringify({ _aws: {}, Requests: 1 }))).toBeUndefined();
  });

  it("passes any other text on as it is", () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.startsWith("{")),
        (text) => expect(readable(text)).toBe(text),
      ),
    );
    expect(readable("{ not json")).toBe("{ not json");
  });

  it.each(["message", "timestamp", "level", "path", "error"])(
    "is one where %s is an object that has no text",
    (field) => {
      const odd = { toString: null, stack: { toString: null } };
      expect(typeof readable(JSON.stringify({ method: "GET", [field]: odd }))).toBe("string");
    },
  );

  it("never fails on a JSON object, whatever its fields are", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("message", "error", "timestamp", "x"), fc.jsonValue()),
        (line) => {
          expect(typeof readable(JSON.stringify(line))).toBe("string");
        },
      ),
    );
  });
});

describe("the log file", () => {
  it("has the full lines of this run, with the run before it kept beside it", async () => {
    const first = openLogFile(directory);
    first.write("one");
    await first.end();
    const second = openLogFile(directory);
    second.write("two");
    await second.end();
    expect(readFileSync(second.path, "utf8")).toBe("two\n");
    expect(readFileSync(join(directory, "functions.previous.log"), "utf8")).toBe("one\n");
  });
});
