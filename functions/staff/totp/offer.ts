import { endpoint, factors, passwords, settings, staff, totp } from "../../../lib/runtime.ts";
import { TotpOffered, TotpRequest } from "../../../lib/staff/rules.ts";
import { offerTotp } from "../../../lib/staff/totp.ts";

/** POST /v1/admin-panel/totp, POST /v1/support/totp */
export const handler = endpoint({
  guard: staff({ any: true }, { during: ["totp"], proves: true }),
  body: TotpRequest,
  reply: TotpOffered,
  fails: [
    "TOTP_ACTIVE",
    "CHANGED_MEANWHILE",
    "WRONG_PASSWORD",
    "LOGIN_LOCKED",
    "TOO_MANY_ATTEMPTS",
  ],
  run: async ({ staff: me, session, proof, body, request }) => {
    const { secret, url } = await offerTotp(
      { factors, totp, passwords, settings },
      { staff: me, session, currentPassword: body.current_password, proof, request },
    );
    return {
      success: true as const,
      message: "Give the secret to an authenticator, and confirm with its first code.",
      secret,
      otpauth_url: url,
    };
  },
});
