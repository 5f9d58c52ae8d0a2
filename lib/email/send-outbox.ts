import { randomUUID } from "node:crypto";
import type { MailRoom, Retried } from "./mail-room.ts";
import type { OutboxStore } from "./outbox-store.ts";

interface OutboxDeps {
  outbox: Pick<OutboxStore, "take">;
  mailer: Pick<MailRoom, "off" | "retry">;
}

/**
 * Tries every mail of the outbox that is due, one after the other, for at most `budget` milliseconds
 * and one send more. May run twice at once: each mail is leased to one of the runs.
 * Where mail is off the outbox stays as it is.
 */
export async function sendOutbox(
  { outbox, mailer }: OutboxDeps,
  { budget }: { budget: number },
): Promise<Record<Retried, number>> {
  const counts = { sent: 0, refused: 0, off: 0, postponed: 0, given_up: 0 };
  const until = performance.now() + budget;
  while (!mailer.off && performance.now() < until) {
    const mail = await outbox.take(randomUUID());
    if (!mail) break;
    counts[await mailer.retry(mail)] += 1;
  }
  return counts;
}
