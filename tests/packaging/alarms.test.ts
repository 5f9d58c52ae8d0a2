import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "@jest/globals";
import { countNames } from "../../lib/metrics.ts";

interface AlarmProperties {
  MetricName: string;
  Namespace: string;
  Dimensions: { Name: string; Value: unknown }[];
  AlarmActions: object[];
  AlarmDescription: string;
}

interface Resource {
  Type: string;
  Properties: object;
}

const read = createRequire(import.meta.url)("serverless/lib/configuration/read.js") as (
  path: string,
) => Promise<{ Resources: Record<string, Resource> }>;
const { Resources: resources } = await read("functions/alarms.yml");

const alarms = Object.entries(resources)
  .filter(([, { Type }]) => Type === "AWS::CloudWatch::Alarm")
  .map(([name, { Properties }]) => [name, Properties as AlarmProperties] as const);

/** Every line of metrics that the code can write, with each kind of measure once. */
const script = `
  const metrics = await import(${JSON.stringify(pathToFileURL("lib/metrics.ts").href)});
  metrics.recordRequest({ route: "GET /", status: 500, duration: 1, code: "INTERNAL_ERROR" });
  metrics.recordMail({ purpose: "verification", result: "sent" });
  metrics.recordUse({ model: null, credits: 1, tokens: undefined });
  metrics.recordJob({ job: "sweep-holds", failed: true });
  metrics.recordStock({ OutboxSize: 1, HoldsOverdue: 1 }, { UsageLag: 1 });
  for (const name of ${JSON.stringify(countNames)}) metrics.recordCount(name, 1);
`;
const env = { ...process.env, POWERTOOLS_METRICS_DISABLED: "false" };
const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
  env,
  encoding: "utf8",
});

interface EmbeddedMetrics {
  _aws: {
    CloudWatchMetrics: {
      Namespace: string;
      Dimensions: string[][];
      Metrics: { Name: string }[];
    }[];
  };
  [field: string]: unknown;
}

const named = (namespace: string, metric: string, dimensions: [string, unknown][]): string =>
  JSON.stringify([namespace, metric, dimensions.sort()]);

/** Each metric with each set of dimensions it is written with. */
const written = new Set(
  output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as EmbeddedMetrics)
    .flatMap((line) =>
      line._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
        Metrics.flatMap(({ Name }) =>
          Dimensions.map((names) =>
            named(
              Namespace,
              Name,
              names.map((name) => [name, line[name]]),
            ),
          ),
        ),
      ),
    ),
);

/** Those of AWS' own metrics that alarms look at, of the resource they are written for. */
const ofAws = named("AWS/SQS", "ApproximateNumberOfMessagesVisible", [
  ["QueueName", { "Fn::GetAtt": ["FailedJobs", "QueueName"] }],
]);

describe("alarms", () => {
  it.each(alarms)("%s looks at a metric that somebody writes, and tells somebody", (_, alarm) => {
    const dimensions = alarm.Dimensions.map(({ Name, Value }): [string, unknown] => [Name, Value]);
    const metric = named(alarm.Namespace, alarm.MetricName, dimensions);
    expect([...written, ofAws]).toContain(metric);
    expect(alarm.AlarmActions).toEqual([{ Ref: "Alarms" }]);
    expect(alarm.AlarmDescription).not.toBe("");
  });

  it.each([
    "ServerErrors",
    "Latency",
    "HoldsOverdue",
    "AuditMismatches",
    "SettlesFailed",
    "SettlesLate",
    "MailFailures",
    "OutboxSize",
    "JobFailures",
    "ApproximateNumberOfMessagesVisible",
    "UsageEventsUnwritten",
  ])("there is one for %s", (metric) => {
    expect(alarms.map(([, { MetricName }]) => MetricName)).toContain(metric);
  });
});

describe("the dashboard", () => {
  const dashboard = resources.Dashboard?.Properties as
    | { DashboardBody: { "Fn::Sub": string } }
    | undefined;
  const { widgets } = JSON.parse(dashboard?.DashboardBody["Fn::Sub"] ?? "{}") as {
    widgets: {
      properties: { title: string; metrics: [string, string, string, string, object][] };
    }[];
  };

  it.each(widgets.map(({ properties }) => [properties.title, properties.metrics] as const))(
    "%s shows metrics that the code writes",
    (_, metrics) => {
      for (const [namespace, metric, dimension, value] of metrics) {
        expect(written).toContain(named(namespace, metric, [[dimension, value]]));
      }
    },
  );
});
