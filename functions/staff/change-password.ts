import { PasswordChange } from "../../lib/accounts/rules.ts";
import { Done, done } from "../../lib/http/done.ts";
import {
  endpoint,
  events,
  members,
  passwords,
  settings,
  staff,
  throttle,
} from "../../lib/runtime.ts";
import { changeStaffPassword } from "../../lib/staff/change-password.ts";

/** PUT /v1/admin-panel/password, PUT /v1/support/password */
export const handler = endpoint({
  guard: staff({ any: true }, { during: ["password", "totp"] }),
  body: PasswordChange,
  reply: Done,
  fails: ["WRONG_PASSWORD", "LOGIN_LOCKED", "TOO_MANY_ATTEMPTS"],
  run: async ({ staff: me, session, body, request }) => {
    const { current_password: currentPassword, new_password: newPassword } = body;
    await changeStaffPassword(
      { members, throttle, events, passwords, settings },
      { staff: me, session, currentPassword, newPassword, request },
    );
    return done("Your password is changed. All other sessions are ended.");
  },
});
