import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";

/** Of figures that are no counts. */
const units: Readonly<Record<string, (typeof MetricUnit)[keyof typeof MetricUnit]>> = {
  Latency: MetricUnit.Milliseconds,
  UsageLag: MetricUnit.Seconds,
};

interface Measures {
  /** What the figures may also be told apart by; they are kept for the whole service in any case. */
  by?: Readonly<Record<string, string>>;
  figures: Readonly<Record<string, number>>;
}

let made: Metrics | undefined;

/** Writes figures as one line of CloudWatch's embedded metric format. */
function write({ by, figures }: Measures): void {
  // One for all lines, since making it takes longer than all else that is done for a line. Each is
  // begun and written without a pause, so that requests that run side by side share no buffer.
  made ??= new Metrics({ namespace: "PromptEnchanter", serviceName: "promptenchanter" });
  const metrics = made;
  try {
    if (by) metrics.addDimensions({ ...by });
    // Alarms look at the whole service.
    metrics.addDimensions({});
    for (const [name, value] of Object.entries(figures)) {
      metrics.addMetric(name, units[name] ?? MetricUnit.Count, value);
    }
    metrics.publishStoredMetrics();
  } finally {
    // What could not be written must not stand in the next line.
    metrics.clearMetrics();
    metrics.clearDimensions();
  }
}

interface RequestMeasure {
  route: string;
  status: number;
  /** Milliseconds. */
  duration: number;
  /** Of the failure that was answered. */
  code?: string | undefined;
}

export type RecordRequest = (measure: RequestMeasure) => void;

/** Measures a request that has its answer. */
export const recordRequest: RecordRequest = ({ route, status, duration, code }) => {
  write({
    by: { route },
    figures: {
      Requests: 1,
      ClientErrors: status >= 400 && status < 500 ? 1 : 0,
      ServerErrors: status >= 500 ? 1 : 0,
      Latency: duration,
    },
  });
  if (code !== undefined) write({ by: { code }, figures: { Failures: 1 } });
};

interface MailMeasure {
  purpose: string;
  /** `sent`, or the class of the failure. */
  result: string;
}

export type RecordMail = (measure: MailMeasure) => void;

/** Counts a mail that was handed over, or was not. */
export const recordMail: RecordMail = ({ purpose, result }) =>
  write({
    by: { purpose, result },
    figures: { Mails: 1, MailFailures: result === "sent" ? 0 : 1 },
  });

interface UseMeasure {
  model: string | null;
  credits: number;
  tokens: { input: number; output: number } | undefined;
}

export type RecordUse = (measure: UseMeasure) => void;

/** Counts what a metered request was charged, and the tokens it used. */
export const recordUse: RecordUse = ({ model, credits, tokens }) =>
  write({
    by: { model: model ?? "none" },
    figures: {
      CreditsCharged: credits,
      InputTokens: tokens?.input ?? 0,
      OutputTokens: tokens?.output ?? 0,
    },
  });

export type RecordJob = (measure: { job: string; failed: boolean }) => void;

/** Counts a run of a job. */
export const recordJob: RecordJob = ({ job, failed }) =>
  write({ by: { job }, figures: { JobRuns: 1, JobFailures: failed ? 1 : 0 } });

/** What goes wrong, or is mended, without anybody being told in an answer. */
export const countNames = [
  "SettlesFailed",
  "SettlesLate",
  "HoldsAbandoned",
  "HoldsFailed",
  "AuditMismatches",
  "UsageEventsUnwritten",
  "UsageEventsTooLate",
] as const;

export type RecordCount = (name: (typeof countNames)[number], count: number) => void;

/** Counts something for which an alarm may be set. */
export const recordCount: RecordCount = (name, count) => write({ figures: { [name]: count } });

/** What waits. */
interface Stock {
  OutboxSize: number;
  HoldsOverdue: number;
}

export type RecordStock = (stock: Stock, lag: { UsageLag: number | undefined }) => void;

/** Measures what waits, and by how many seconds the counting of usage is behind. */
export const recordStock: RecordStock = (stock, { UsageLag }) => {
  write({ figures: { ...stock, ...(UsageLag !== undefined && { UsageLag }) } });
};
