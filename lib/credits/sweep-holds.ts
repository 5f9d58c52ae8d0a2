import { type IdempotencyStore, recordId } from "../idempotency/record.ts";
import type { Log } from "../logger.ts";
import type { RecordCount } from "../metrics.ts";
import type { MeteredFacts } from "../usage/event.ts";
import { abandonedEvent } from "../usage/request-event.ts";
import type { StoredHold } from "./gate-account.ts";
import type { SettlementStore } from "./settlement-store.ts";
import type { OverdueAccount, SweepStore } from "./sweep-store.ts";

interface SweepDeps {
  sweeps: SweepStore;
  settlements: Pick<SettlementStore, "decide" | "complete">;
  answers: IdempotencyStore;
  count: RecordCount;
  log: Log;
}

/**
 * Ends every hold that has expired: as its event says; if there is none as the answer that was kept
 * says; else as abandoned. Then ends the postings that were left behind. May run twice at once.
 * Stops after `budget` milliseconds; what is left is for the next run.
 */
export async function sweepHolds(
  deps: SweepDeps,
  { budget }: { budget: number },
): Promise<{ abandoned: number; completed: number; postings: number; failed: number }> {
  const counts = { abandoned: 0, completed: 0, postings: 0, failed: 0 };
  const until = performance.now() + budget;
  const attempt = async (work: () => Promise<"abandoned" | "completed" | "postings">) => {
    try {
      counts[await work()] += 1;
    } catch (error) {
      // One that can't be ended must not keep the others.
      counts.failed += 1;
      deps.log.error("sweep failed", { error });
    }
  };
  const rest = () => performance.now() < until && counts.failed === 0;

  for (let more = true; more && rest(); ) {
    const accounts = await deps.sweeps.expiredHolds();
    more = accounts.length > 0;
    for (const account of accounts) {
      for (const hold of account.holds) await attempt(() => endHold(deps, account, hold));
    }
  }
  for (let more = true; more && rest(); ) {
    const accounts = await deps.sweeps.leftPostings();
    more = accounts.length > 0;
    for (const { _id, postings } of accounts) {
      for (const posting of postings) {
        await attempt(async () => {
          await deps.sweeps.finishPosting(_id, posting);
          return "postings";
        });
      }
    }
  }
  if (counts.abandoned > 0) deps.count("HoldsAbandoned", counts.abandoned);
  if (counts.failed > 0) deps.count("HoldsFailed", counts.failed);
  return counts;
}

/** Ends one hold that has expired. */
export async function endHold(
  { settlements, answers }: Pick<SweepDeps, "settlements" | "answers">,
  account: Pick<OverdueAccount, "_id" | "username" | "keys">,
  hold: StoredHold,
): Promise<"abandoned" | "completed"> {
  const event = (await answeredEvent(answers, account, hold)) ?? abandonedEvent(account, hold);
  const decided = await settlements.decide(event);
  await settlements.complete(decided);
  return decided.outcome === "abandoned" ? "abandoned" : "completed";
}

/** The event of an answer that was kept for this very hold; another request's with the same key proves nothing. */
async function answeredEvent(
  answers: IdempotencyStore,
  account: Pick<OverdueAccount, "_id">,
  { id, idempotency }: StoredHold,
): Promise<MeteredFacts | undefined> {
  if (!idempotency) return undefined;
  const record = await answers.find(recordId(account._id, idempotency.key));
  return record?.request === id ? record.event : undefined;
}
