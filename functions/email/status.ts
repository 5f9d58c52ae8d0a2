import { VerificationStatus } from "../../lib/email/rules.ts";
import { endpoint, session, settings } from "../../lib/runtime.ts";

/** GET /v1/email/status */
export const handler = endpoint({
  guard: session(),
  reply: VerificationStatus,
  run: async ({ account }) => {
    const { required } = (await settings.current()).verification;
    return {
      success: true as const,
      is_verified: account.verified,
      email: account.email,
      verification_enabled: required,
      verification_required_for_api: required,
    };
  },
});
