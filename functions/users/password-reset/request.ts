import { requestPasswordReset } from "../../../lib/email/request-password-reset.ts";
import { PasswordResetRequest } from "../../../lib/email/rules.ts";
import { Done, done } from "../../../lib/http/done.ts";
import {
  codeRecords,
  endpoint,
  events,
  mailer,
  pause,
  settings,
  throttle,
} from "../../../lib/runtime.ts";

/** POST /v1/users/password-reset */
export const handler = endpoint({
  body: PasswordResetRequest,
  reply: Done,
  fails: ["EMAIL_UNAVAILABLE", "RATE_LIMIT_EXCEEDED", "DATABASE_UNAVAILABLE"],
  run: async ({ body, request }) => {
    const { email } = body;
    await requestPasswordReset(
      { codeRecords, mailer, events, throttle, settings, pause },
      { email, request },
    );
    return done("If an account has this address, a link for a new password is on its way.");
  },
});
