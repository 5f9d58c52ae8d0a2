import type { ObjectId } from "mongodb";
import type { Posting } from "../../credits/posting.ts";
import type { Log } from "../../logger.ts";
import type { PostingStore } from "./posting-store.ts";

/**
 * Ends a posting that was just made. The balance is changed already, so a failure here is none of
 * the caller's: whoever asked again would change it twice, while the sweep ends what is left.
 */
export async function finishNow(
  { postings }: { postings: Pick<PostingStore, "finish"> },
  { account, posting, log }: { account: ObjectId; posting: Posting; log: Log },
): Promise<void> {
  try {
    await postings.finish(account, posting);
  } catch (error) {
    log.warn("posting left to the sweep", { posting: posting.id, error });
  }
}

/** As `finishNow`, of a posting whose amount only the account knows. */
export async function finishFound(
  { postings }: { postings: Pick<PostingStore, "read" | "finish"> },
  { account, id, log }: { account: ObjectId; id: string; log: Log },
): Promise<void> {
  try {
    const found = await postings.read(account);
    const posting = found?.postings.find((one) => one.id === id);
    if (posting) await postings.finish(account, posting);
  } catch (error) {
    log.warn("posting left to the sweep", { posting: id, error });
  }
}
