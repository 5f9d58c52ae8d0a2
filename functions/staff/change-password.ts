import { PasswordChange } from "../../lib/accounts/rules.ts";
import { Done, done } from "../../lib/http/done.ts";
import { endpoint, members, passwords, settings, staff } from "../../lib/runtime.ts";
import { changeStaffPassword } from "../../lib/staff/change-password.ts";

/** PUT /v1/admin-panel/password, PUT /v1/support/password */
export const handler = endpoint({
  guard: staff({ any: true }, { during: ["password", "totp"], proves: true }),
  body: PasswordChange,
  reply: Done,
  fails: ["WRONG_PASSWORD", "LOGIN_LOCKED", "TOO_MANY_ATTEMPTS", "CHANGED_MEANWHILE"],
  run: async ({ staff: me, session, proof, body, request }) => {
    const { current_password: currentPassword, new_password: newPassword } = body;
    await changeStaffPassword(
      { members, passwords, settings },
      { staff: me, session, currentPassword, proof, newPassword, request },
    );
    return done("Your password is changed. All other sessions are ended.");
  },
});
