import { linkAttempt } from "../accounts/attempts.ts";
import { emailKey } from "../accounts/rules.ts";
import { Failure } from "../errors.ts";
import type { EventStore } from "../security/event-store.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import type { ThrottleStore } from "../security/throttle/store.ts";
import type { SettingsReader } from "../settings/reader.ts";
import type { CodeStore } from "./code-store.ts";
import type { MailRoom } from "./mail-room.ts";

/** Milliseconds an answer takes: more than a mail may, so that its time does not tell whether one was sent. */
const answerAfter = 2_500;

interface RequestDeps {
  codeRecords: Pick<CodeStore, "find">;
  mailer: Pick<MailRoom, "off" | "send">;
  events: EventStore;
  throttle: Pick<ThrottleStore, "reserve" | "count">;
  settings: SettingsReader;
  /** Resolves after some milliseconds. */
  pause: (milliseconds: number) => Promise<unknown>;
}

interface RequestInput {
  email: string;
  request: EventOrigin;
}

/**
 * Sends a link for a new password to an address, if an account has it. The answer is the same in
 * form and time if none has, or if it was sent as many today as may be.
 * @throws Failure EMAIL_UNAVAILABLE where mail is off, or RATE_LIMIT_EXCEEDED if too many links were
 * asked for from the caller's address
 */
export async function requestPasswordReset(deps: RequestDeps, input: RequestInput): Promise<void> {
  if (deps.mailer.off) throw new Failure("EMAIL_UNAVAILABLE");
  const { throttle, settings } = deps;
  const attempt = linkAttempt(input.request, (await settings.current()).registration);
  const [refusal] = await throttle.reserve(attempt);
  if (refusal) throw new Failure("RATE_LIMIT_EXCEEDED", { retryAfter: refusal.retryAfter });
  const pause = deps.pause(answerAfter);
  try {
    await throttle.count(attempt);
    await sendLink(deps, input);
  } finally {
    await pause;
  }
}

async function sendLink(
  { codeRecords, mailer, events }: RequestDeps,
  { email, request }: RequestInput,
): Promise<void> {
  const found = await codeRecords.find({ email: emailKey(email) });
  if (!found) return;
  const subject = found.account._id;
  const { outcome } = await mailer.send({ account: subject, purpose: "passwordReset" });
  // What sends nothing records nothing, or strangers could fill the log.
  if (outcome !== "sent" && outcome !== "queued") return;
  const details = { mail: outcome };
  await events.record(securityEvent("password_reset_requested", { request, subject, details }));
}
