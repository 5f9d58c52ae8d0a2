import type { StoredAccount } from "../accounts/document.ts";
import { balancesOf } from "../accounts/profile.ts";
import { type Counted, ownUsage } from "./current-rows.ts";
import { addedUp, averageOf, figuresView } from "./figures.ts";
import type { Row } from "./row.ts";
import {
  type Grouping,
  type OwnUsage,
  rangeOf,
  type UsageFigures,
  type UsageQuery,
  type UsageRange,
} from "./rules.ts";
import type { StatisticsStore } from "./statistics-store.ts";

const dayLength = 24 * 3_600_000;

/** Days that `daily_usage` has. */
const recentDays = 7;

type Part = Counted<Row["_id"]>;

type ReportedAccount = Pick<
  StoredAccount,
  "_id" | "username" | "allowance" | "balance" | "conversations"
> & { keys: readonly Pick<StoredAccount["keys"][number], "id" | "name" | "masked">[] };

interface ReportInput {
  account: ReportedAccount;
  now: Date;
  query: UsageQuery;
}

/** By what each grouping tells apart, as text. */
const nameOf: Record<Grouping, (key: Row["_id"]) => string | null> = {
  endpoint: ({ endpoint }) => endpoint,
  model: ({ model }) => model,
  r_type: ({ rType }) => rType,
  key: ({ key }) => key?.toHexString() ?? null,
  status: (key) => key.class,
};

const viewOf = (parts: readonly Part[]): UsageFigures => figuresView(addedUp(parts));

/**
 * An account's own usage, right up to this moment.
 * @throws Failure VALIDATION_FAILED for a range that can't be
 */
export async function reportUsage(
  { statistics }: { statistics: Pick<StatisticsStore, "ownRows" | "ownTail"> },
  { account, now, query }: ReportInput,
): Promise<OwnUsage> {
  const range = rangeOf(query, now);
  const { from, to, bucket } = range;
  const parts = await ownUsage(statistics, { account: account._id, from, to, bucket });
  const all = addedUp(parts);
  const view = figuresView(all);
  const { credits, limits } = balancesOf(account, now);
  return {
    user_id: account._id,
    username: account.username,
    timestamp: now.toISOString(),
    period: range.isUsual && bucket === "day" ? "last_30_days" : periodOf(range),
    summary: {
      ...view,
      total_messages: view.messages,
      total_tokens: view.tokens.total,
      total_api_calls: view.requests,
      avg_processing_time_ms: averageOf(addedUp(parts.filter(({ key }) => key.model))) ?? 0,
    },
    current_limits: limits,
    current_credits: credits,
    usage_by_type: Object.fromEntries(
      groupsOf(parts, nameOf.r_type)
        .map(([type, some]) => [type ?? "none", viewOf(some).messages] as const)
        .filter(([, messages]) => messages > 0),
    ),
    daily_usage: dailyUsage(parts, to),
    range: { from: from.toISOString(), to: to.toISOString(), bucket },
    series: series(parts, query.group_by),
    by_endpoint: groupsOf(parts, nameOf.endpoint).map(([endpoint, some]) => ({
      endpoint: endpoint ?? "",
      ...viewOf(some),
    })),
    by_model: groupsOf(parts, nameOf.model).map(([model, some]) => ({ model, ...viewOf(some) })),
    by_r_type: groupsOf(parts, nameOf.r_type).map(([r_type, some]) => ({
      r_type,
      ...viewOf(some),
    })),
    by_key: groupsOf(parts, nameOf.key).map(([id, some]) => ({
      ...keyView(account.keys, id),
      ...viewOf(some),
    })),
    by_status: groupsOf(parts, nameOf.status).map(([status, some]) => ({
      status: status ?? "none",
      ...viewOf(some),
    })),
  };
}

const periodOf = ({ from, to }: UsageRange): string => `${from.toISOString()}/${to.toISOString()}`;

/** Parts by name, in the order of the names. */
const groupsOf = (
  parts: readonly Part[],
  name: (key: Row["_id"]) => string | null,
): [string | null, Part[]][] =>
  [...Map.groupBy(parts, ({ key }) => name(key))].sort(([one], [other]) =>
    (one ?? "") < (other ?? "") ? -1 : 1,
  );

function series(parts: readonly Part[], grouping: Grouping | undefined): OwnUsage["series"] {
  return groupsOf(parts, ({ time }) => time.toISOString()).flatMap(([time, some]) => {
    const at = { time: time ?? "" };
    if (!grouping) return [{ ...at, ...viewOf(some) }];
    return groupsOf(some, nameOf[grouping]).map(([group, few]) => ({
      ...at,
      group,
      ...viewOf(few),
    }));
  });
}

function dailyUsage(parts: readonly Part[], to: Date): OwnUsage["daily_usage"] {
  const since = Math.ceil(to.getTime() / dayLength) * dayLength - recentDays * dayLength;
  const recent = parts.filter(({ key }) => key.time.getTime() >= since);
  return groupsOf(recent, ({ time }) => time.toISOString().slice(0, 10)).map(([date, some]) => {
    const { messages, tokens } = viewOf(some);
    return { date: date ?? "", messages, tokens: tokens.total };
  });
}

function keyView(keys: ReportedAccount["keys"], id: string | null) {
  const key = keys.find((one) => one.id.toHexString() === id);
  return { key_id: id, name: key?.name ?? null, masked: key?.masked ?? null };
}
