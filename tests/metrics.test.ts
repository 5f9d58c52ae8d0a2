import { expect, it, jest } from "@jest/globals";
import { recordCount, recordRequest, recordStock, recordUse } from "../lib/metrics.ts";

/** Of each metric that was written. */
const units = new Map<string, string>();

/** The lines that are written during `work`, without their times. */
function linesOf(work: () => void): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  const spy = jest.spyOn(process.stdout, "write").mockImplementation((text) => {
    const { _aws, ...line } = JSON.parse(String(text));
    const [{ Dimensions, Metrics }] = _aws.CloudWatchMetrics;
    for (const { Name, Unit } of Metrics) units.set(Name, Unit);
    lines.push({ ...line, dimensions: Dimensions });
    return true;
  });
  try {
    work();
  } finally {
    spy.mockRestore();
  }
  return lines;
}

it("each line of metrics holds its own figures, and nothing of the lines before it", () => {
  const lines = linesOf(() => {
    recordUse({ model: "gpt-4o", credits: 1, tokens: undefined });
    recordRequest({ route: "GET /", status: 404, duration: 1.5, code: "NOT_FOUND" });
    recordCount("SettlesLate", 2);
  });
  const service = { service: "promptenchanter" };
  const by = (name: string) => [["service", name], ["service"]];
  expect(lines).toEqual([
    {
      ...service,
      model: "gpt-4o",
      dimensions: by("model"),
      CreditsCharged: 1,
      InputTokens: 0,
      OutputTokens: 0,
    },
    {
      ...service,
      route: "GET /",
      dimensions: by("route"),
      Requests: 1,
      ClientErrors: 1,
      ServerErrors: 0,
      Latency: 1.5,
    },
    { ...service, code: "NOT_FOUND", dimensions: by("code"), Failures: 1 },
    { ...service, dimensions: [["service"]], SettlesLate: 2 },
  ]);
});

it("times have their unit, and all else is counted", () => {
  linesOf(() => {
    recordRequest({ route: "GET /", status: 200, duration: 1.5 });
    recordStock({ OutboxSize: 1, HoldsOverdue: 0 }, { UsageLag: 60 });
  });
  expect(Object.fromEntries(units)).toMatchObject({
    Requests: "Count",
    Latency: "Milliseconds",
    OutboxSize: "Count",
    UsageLag: "Seconds",
  });
});

it("a line that can't be written leaves nothing behind for the next", () => {
  const lines = linesOf(() => {
    expect(() =>
      recordUse({ model: "gpt-4o", credits: "one" as unknown as number, tokens: undefined }),
    ).toThrow("is not a valid number");
    recordCount("SettlesLate", 1);
  });
  expect(lines).toEqual([
    { service: "promptenchanter", dimensions: [["service"]], SettlesLate: 1 },
  ]);
});
