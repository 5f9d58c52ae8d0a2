import { endpoint, factors, staff, totp } from "../../../lib/runtime.ts";
import { TotpConfirmation, TotpConfirmed } from "../../../lib/staff/rules.ts";
import { confirmTotp } from "../../../lib/staff/totp.ts";

/** PUT /v1/admin-panel/totp, PUT /v1/support/totp */
export const handler = endpoint({
  guard: staff({ any: true }, { during: ["totp"] }),
  body: TotpConfirmation,
  reply: TotpConfirmed,
  fails: ["TOTP_INACTIVE", "CODE_WRONG", "CHANGED_MEANWHILE"],
  run: async ({ staff: me, session, now, body, request }) => ({
    success: true as const,
    message: "The second factor is in force. Keep the recovery codes: they are shown only now.",
    recovery_codes: await confirmTotp(
      { factors, totp },
      { staff: me, session, now, code: body.totp_code, request },
    ),
  }),
});
