import {
  endpoint,
  events,
  members,
  passwords,
  settings,
  staffAddress,
  throttle,
  totp,
} from "../../lib/runtime.ts";
import { logInStaff } from "../../lib/staff/log-in.ts";
import { AdminLoggedIn, StaffLogin } from "../../lib/staff/rules.ts";
import { adminInfo } from "../../lib/staff/views.ts";

/** POST /v1/admin-panel/login */
export const handler = endpoint({
  guard: staffAddress,
  body: StaffLogin,
  reply: AdminLoggedIn,
  fails: [
    "INVALID_CREDENTIALS",
    "TOTP_REQUIRED",
    "LOGIN_LOCKED",
    "ADDRESS_BLOCKED",
    "TOO_MANY_ATTEMPTS",
    "DATABASE_UNAVAILABLE",
  ],
  run: async ({ body: shown, request }) => {
    const { staff, role, required, tokens } = await logInStaff(
      { members, totp, throttle, events, passwords, settings },
      { kind: "admin", shown, request },
    );
    return {
      success: true as const,
      message: "You are signed in.",
      admin: adminInfo(staff, role),
      required_action: required,
      session: tokens,
    };
  },
});
