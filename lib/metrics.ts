import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";

interface RequestMeasure {
  route: string;
  status: number;
  /** Milliseconds. */
  duration: number;
}

export type RecordRequest = (measure: RequestMeasure) => void;

/** Writes a request's metrics as one line of CloudWatch's embedded metric format. */
export const recordRequest: RecordRequest = ({ route, status, duration }) => {
  // One Metrics object a request: its buffer must not mix requests that run side by side.
  const metrics = new Metrics({ namespace: "PromptEnchanter", serviceName: "promptenchanter" });
  metrics.addDimension("route", route);
  metrics.addMetric("Requests", MetricUnit.Count, 1);
  metrics.addMetric("ClientErrors", MetricUnit.Count, status >= 400 && status < 500 ? 1 : 0);
  metrics.addMetric("ServerErrors", MetricUnit.Count, status >= 500 ? 1 : 0);
  metrics.addMetric("Latency", MetricUnit.Milliseconds, duration);
  metrics.publishStoredMetrics();
};

interface MailMeasure {
  purpose: string;
  /** `sent`, or the class of the failure. */
  result: string;
}

export type RecordMail = (measure: MailMeasure) => void;

/** Counts a mail that was handed over, or was not. */
export const recordMail: RecordMail = ({ purpose, result }) => {
  const metrics = new Metrics({ namespace: "PromptEnchanter", serviceName: "promptenchanter" });
  metrics.addDimension("purpose", purpose);
  metrics.addDimension("result", result);
  metrics.addMetric("Mails", MetricUnit.Count, 1);
  metrics.addMetric("MailFailures", MetricUnit.Count, result === "sent" ? 0 : 1);
  metrics.publishStoredMetrics();
};

/** What goes wrong with money, or is mended, without anybody being told in an answer. */
type CountName =
  | "SettlesFailed"
  | "SettlesLate"
  | "HoldsAbandoned"
  | "HoldsFailed"
  | "AuditMismatches"
  | "UsageEventsUnwritten"
  | "UsageEventsTooLate";

export type RecordCount = (name: CountName, count: number) => void;

/** Counts something for which an alarm may be set. */
export const recordCount: RecordCount = (name, count) => {
  const metrics = new Metrics({ namespace: "PromptEnchanter", serviceName: "promptenchanter" });
  metrics.addMetric(name, MetricUnit.Count, count);
  metrics.publishStoredMetrics();
};
