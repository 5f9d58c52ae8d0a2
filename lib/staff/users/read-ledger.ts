import type { ObjectId } from "mongodb";
import * as z from "zod";
import { TimePosition } from "../../db/newest.ts";
import { Failure } from "../../errors.ts";
import { PageFacts, type PageQuery, pageFacts, sliceOf } from "../../paging.ts";
import type { RecordStore } from "./record-store.ts";

/** GET users/{id}/ledger: newest first. */
export const LedgerPage = PageFacts.extend({
  entries: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      /** What was added; below zero what was spent. */
      credits: z.object({ allowance: z.int(), balance: z.int() }),
      reason: z.string(),
      /** `account:<id>`, `staff:<id>` or `service`. */
      actor: z.string(),
      timestamp: z.iso.datetime(),
    }),
  ),
});

/** The credit movements of a user, also of one who was removed. @throws Failure NOT_FOUND or VALIDATION_FAILED */
export async function readLedger(
  { records }: { records: Pick<RecordStore, "ledger"> },
  { account, query }: { account: ObjectId; query: PageQuery },
): Promise<z.output<typeof LedgerPage>> {
  const found = await records.ledger(account, sliceOf(query, TimePosition));
  if (!found) throw new Failure("NOT_FOUND");
  return {
    entries: found.entries.map(({ _id, kind, credits, reason, actor, at }) => ({
      id: _id,
      kind,
      credits,
      reason,
      actor,
      timestamp: at.toISOString(),
    })),
    ...pageFacts(query, found),
  };
}
