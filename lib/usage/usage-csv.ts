import type { OwnUsage } from "./rules.ts";

const names = [
  "time",
  "group",
  "requests",
  "succeeded",
  "failed",
  "messages",
  "input_tokens",
  "output_tokens",
  "allowance_credits",
  "balance_credits",
  "conversations",
  "average_ms",
  "p50_ms",
  "p95_ms",
  "p99_ms",
] as const;

/** The series of an account's usage as a table. */
export const usageTable = {
  names,
  records: ({ series }: OwnUsage) =>
    series.map((one) => [
      one.time,
      one.group ?? null,
      one.requests,
      one.succeeded,
      one.failed,
      one.messages,
      one.tokens.input,
      one.tokens.output,
      one.credits.allowance,
      one.credits.balance,
      one.conversations,
      one.latency_ms.average,
      one.latency_ms.p50,
      one.latency_ms.p95,
      one.latency_ms.p99,
    ]),
};
