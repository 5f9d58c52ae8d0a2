import { EmptyBody, VerificationReply } from "../../lib/email/rules.ts";
import { sendVerification } from "../../lib/email/send-verification.ts";
import { endpoint, mailer, session, settings } from "../../lib/runtime.ts";

/** POST /v1/email/resend: as send-verification, some minutes after the last mail at the earliest */
export const handler = endpoint({
  guard: session(),
  body: EmptyBody,
  reply: VerificationReply,
  fails: [
    "VERIFICATION_OFF",
    "ALREADY_VERIFIED",
    "EMAIL_REJECTED",
    "EMAIL_LIMIT_REACHED",
    "EMAIL_UNAVAILABLE",
  ],
  run: ({ account }) => sendVerification({ mailer, settings }, { account, again: true }),
});
