import type { ObjectId } from "mongodb";
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

/** How something that was left behind was ended. */
type End = "abandoned" | "completed" | "postings";

/**
 * Ends every hold that has expired: as its event says; if there is none as the answer that was kept
 * says; else as abandoned. Then ends the postings that were left behind. May run twice at once.
 * Stops after `budget` milliseconds; what is left is for the next run.
 */
export async function sweepHolds(
  deps: SweepDeps,
  { budget }: { budget: number },
): Promise<Record<End | "failed", number>> {
  const { sweeps } = deps;
  const counts = { abandoned: 0, completed: 0, postings: 0, failed: 0 };
  const until = performance.now() + budget;
  const isOver = () => performance.now() >= until;

  /** Ends all that `find` brings, until it brings no more. */
  const endAll = async (
    find: (except: readonly ObjectId[]) => Promise<OverdueAccount[]>,
    endsOf: (account: OverdueAccount) => (() => Promise<End>)[],
  ): Promise<void> => {
    // One that can't be ended must not keep the others: its account is passed over from then on.
    const failed: ObjectId[] = [];
    while (!isOver()) {
      const accounts = await find(failed);
      if (accounts.length === 0) return;
      for (const account of accounts) {
        for (const end of endsOf(account)) {
          if (isOver()) return;
          try {
            counts[await end()] += 1;
          } catch (error) {
            counts.failed += 1;
            failed.push(account._id);
            deps.log.error("sweep failed", { error });
          }
        }
      }
    }
  };

  await endAll(sweeps.expiredHolds, (account) =>
    account.holds.map((hold) => () => endHold(deps, account, hold)),
  );
  await endAll(sweeps.leftPostings, ({ _id, postings }) =>
    postings.map((posting) => async () => {
      await sweeps.finishPosting(_id, posting);
      return "postings";
    }),
  );
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
