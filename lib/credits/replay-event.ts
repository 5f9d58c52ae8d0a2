import { BSON } from "mongodb";
import * as z from "zod";
import { UsageFacts } from "../usage/event.ts";
import type { SettlementStore } from "./settlement-store.ts";

/** Usage events live for 90 days; an older one would come back into hours that are closed. */
const retention = 90 * 24 * 3_600_000;

/** Milliseconds for one settlement. */
const bound = 5_000;

/** What the log says of a settlement that could not be written. */
const FailedSettle = z.object({
  message: z.literal("settle failed"),
  event: z.string().transform((text): unknown => BSON.EJSON.parse(text)),
  held: z.boolean(),
});

/** What became of a line of the log. */
type Replayed = "recorded" | "late" | "known" | "too old" | "no event";

/**
 * Records a settlement that stands in the log because the database was away. May run again. A hold
 * that is still there is charged; one that was given back is not, and what was used is recorded as late.
 */
export async function replayEvent(
  { settlements }: { settlements: Pick<SettlementStore, "settle" | "find"> },
  line: string,
  now: Date,
): Promise<Replayed> {
  const failed = FailedSettle.safeParse(parsed(line));
  if (!failed.success) return "no event";
  const event = UsageFacts.parse(failed.data.event);
  if (event.at.getTime() < now.getTime() - retention) return "too old";
  const before = await settlements.find(event._id);
  const settlement = { event, held: failed.data.held, record: undefined, messages: [] };
  const stands = await settlements.settle(settlement, bound);
  if (stands.outcome === "abandoned" && event.outcome !== "abandoned") return "late";
  return before ? "known" : "recorded";
}

/** A line of the log; what reads it back may put a time and a name before it. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line.slice(line.indexOf("{")));
  } catch {
    return undefined;
  }
}
