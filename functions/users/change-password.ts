import { changePassword } from "../../lib/accounts/change-password.ts";
import { PasswordChange } from "../../lib/accounts/rules.ts";
import { Done, done } from "../../lib/http/done.ts";
import { endpoint, mailer, owners, passwords, session, settings } from "../../lib/runtime.ts";

/** PUT /v1/users/password */
export const handler = endpoint({
  guard: session({ temporaryPassword: true, proves: true }),
  body: PasswordChange,
  reply: Done,
  fails: ["WRONG_PASSWORD", "LOGIN_LOCKED", "TOO_MANY_ATTEMPTS"],
  run: async ({ account, session, proof, body, request }) => {
    const { current_password: currentPassword, new_password: newPassword } = body;
    await changePassword(
      { owners, mailer, passwords, settings },
      { account, session, currentPassword, proof, newPassword, request },
    );
    return done("Your password is changed. All other sessions are ended.");
  },
});
