import { Done, done } from "../../../lib/http/done.ts";
import { endpoint, factors, passwords, settings, staff, totp } from "../../../lib/runtime.ts";
import { TotpRemoval } from "../../../lib/staff/rules.ts";
import { removeTotp } from "../../../lib/staff/totp.ts";

/** DELETE /v1/admin-panel/totp, DELETE /v1/support/totp */
export const handler = endpoint({
  guard: staff({ any: true }, { proves: true }),
  body: TotpRemoval,
  reply: Done,
  fails: [
    "TOTP_INACTIVE",
    "TOTP_REQUIRED",
    "INVALID_CREDENTIALS",
    "CHANGED_MEANWHILE",
    "WRONG_PASSWORD",
    "LOGIN_LOCKED",
    "TOO_MANY_ATTEMPTS",
  ],
  run: async ({ staff: me, session, now, proof, body, request }) => {
    const { current_password: currentPassword, ...shown } = body;
    await removeTotp(
      { factors, totp, passwords, settings },
      { staff: me, session, now, currentPassword, proof, shown, request },
    );
    return done("The second factor is gone. All other sessions are ended.");
  },
});
