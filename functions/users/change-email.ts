import { changeEmail } from "../../lib/accounts/change-email.ts";
import { EmailChange } from "../../lib/accounts/rules.ts";
import { Done, done } from "../../lib/http/done.ts";
import {
  endpoint,
  mailer,
  owners,
  passwords,
  session,
  settings,
  throttle,
} from "../../lib/runtime.ts";

const messages = {
  "awaits code": "A code is on its way to the new address, which holds once you have entered it.",
  "awaits mail":
    "The new address holds once it is verified, but no code can be sent to it now. Ask for one later.",
  changed: "Your address is changed.",
  cancelled: "Your address stays, and the code that was sent to the other one is worth nothing.",
};

/** PUT /v1/users/email */
export const handler = endpoint({
  guard: session({ proves: true }),
  body: EmailChange,
  reply: Done,
  fails: [
    "WRONG_PASSWORD",
    "LOGIN_LOCKED",
    "TOO_MANY_ATTEMPTS",
    "ALREADY_TAKEN",
    "REGISTRATIONS_EXCEEDED",
    "EMAIL_UNAVAILABLE",
  ],
  run: async ({ account, session, proof, body, request }) => {
    const { new_email: newEmail, current_password: currentPassword } = body;
    const outcome = await changeEmail(
      { owners, mailer, throttle, passwords, settings },
      { account, session, newEmail, currentPassword, proof, request },
    );
    return done(messages[outcome]);
  },
});
