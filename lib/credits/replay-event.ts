import { BSON } from "mongodb";
import * as z from "zod";
import { eventRetention, MeteredFacts, UsageFacts } from "../usage/event.ts";
import type { UsageEventStore } from "../usage/event-store.ts";
import type { SettlementStore } from "./settlement-store.ts";

/**
 * An event whose hour is past the retention would come back into rows that can't be counted again.
 * A day is left for the time between this look and its hour's end.
 */
const replayable = eventRetention - 24 * 3_600_000;

/** Milliseconds for one settlement. */
const bound = 5_000;

const logged = z.string().transform((text): unknown => BSON.EJSON.parse(text));

/** What the log says of an event that could not be written: of a settlement, or on its own. */
const Unwritten = z.discriminatedUnion("message", [
  z.object({ message: z.literal("settle failed"), event: logged, held: z.boolean() }),
  z.object({ message: z.literal("usage event unwritten"), event: logged }),
]);

/** What became of a line of the log. */
type Replayed = "recorded" | "late" | "known" | "too old" | "no event";

interface ReplayDeps {
  settlements: Pick<SettlementStore, "settle" | "find">;
  events: Pick<UsageEventStore, "insert">;
}

/**
 * Records an event that stands in the log because the database was away. May run again. A hold that
 * is still there is charged; one that was given back is not, and what was used is recorded as late.
 */
export async function replayEvent(
  { settlements, events }: ReplayDeps,
  line: string,
  now: Date,
): Promise<Replayed> {
  const unwritten = Unwritten.safeParse(parsed(line));
  if (!unwritten.success) return "no event";
  const facts = UsageFacts.parse(unwritten.data.event);
  if (facts.at.getTime() < now.getTime() - replayable) return "too old";
  if (unwritten.data.message === "usage event unwritten") {
    return (await events.insert(facts)) ? "recorded" : "known";
  }
  const event = MeteredFacts.parse(facts);
  const before = await settlements.find(event._id);
  const settlement = { event, held: unwritten.data.held, record: undefined, messages: [] };
  const stands = await settlements.settle(settlement, bound);
  if (stands.outcome === "abandoned" && event.outcome !== "abandoned") return "late";
  return before ? "known" : "recorded";
}

/** As CloudWatch Logs Insights exports a line of the log. */
const Exported = z.object({ "@message": z.string() });

/** A line of the log; what reads it back may put a time and a name before it, or it into a field. */
function parsed(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line.slice(line.indexOf("{")));
    const exported = Exported.safeParse(value);
    return exported.success ? parsed(exported.data["@message"]) : value;
  } catch {
    return undefined;
  }
}
