import { confirmPasswordReset } from "../../../lib/email/confirm-password-reset.ts";
import { PasswordResetConfirmation } from "../../../lib/email/rules.ts";
import { Done, done } from "../../../lib/http/done.ts";
import {
  addresses,
  codeRecords,
  codes,
  endpoint,
  mailer,
  passwords,
  redemptions,
  settings,
} from "../../../lib/runtime.ts";

/** POST /v1/users/password-reset/confirm */
export const handler = endpoint({
  body: PasswordResetConfirmation,
  reply: Done,
  fails: ["RESET_TOKEN_INVALID", "DATABASE_UNAVAILABLE"],
  run: async ({ body, request }) => {
    const { token, new_password: password } = body;
    await confirmPasswordReset(
      { codes, codeRecords, redemptions, passwords, settings, mailer, addresses },
      { token, password, request },
    );
    return done("The password is changed, and every session is ended. Sign in with the new one.");
  },
});
