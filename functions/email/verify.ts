import { VerificationReply, VerifyBody } from "../../lib/email/rules.ts";
import { verifyEmail } from "../../lib/email/verify-email.ts";
import { codes, endpoint, redemptions, session, settings } from "../../lib/runtime.ts";

/** POST /v1/email/verify */
export const handler = endpoint({
  guard: session(),
  body: VerifyBody,
  reply: VerificationReply,
  fails: ["VERIFICATION_OFF", "ALREADY_VERIFIED", "CODE_WRONG", "CODE_EXPIRED", "ALREADY_TAKEN"],
  run: async ({ account, session, now, body, request }) => {
    const { otp_code: code } = body;
    await verifyEmail({ codes, redemptions, settings }, { account, session, now, code, request });
    return { success: true as const, message: "Your address is verified.", expires_at: null };
  },
});
