import { describe, expect, it } from "@jest/globals";
import { jobBuilder } from "../lib/job.ts";
import { memoryLog } from "./support/endpoint.ts";

describe("a scheduled job", () => {
  const measures: object[] = [];
  const record = (measure: object) => measures.push(measure);

  it.each([
    ["writes one line of what it did", { sent: 2, refused: 0 }, "info"],
    ["writes its line for the curious only when there was nothing to do", { sent: 0 }, "debug"],
  ])("%s", async (_, counts, level) => {
    const { log, lines } = memoryLog();
    const run = jobBuilder({ log, record })("tidy", async () => counts);
    expect(await run()).toEqual(counts);
    const fields = { job: "tidy", duration_ms: expect.any(Number), ...counts };
    expect(lines).toEqual([{ level, message: "job", fields }]);
    expect(measures.at(-1)).toEqual({ job: "tidy", failed: false });
  });

  it("that fails is logged and fails, so that the run counts as failed", async () => {
    const { log, lines } = memoryLog();
    const error = new Error("no");
    await expect(jobBuilder({ log, record })("tidy", () => Promise.reject(error))()).rejects.toBe(
      error,
    );
    expect(measures.at(-1)).toEqual({ job: "tidy", failed: true });
    expect(lines).toMatchObject([{ level: "error", fields: { job: "tidy", error } }]);
  });
});
