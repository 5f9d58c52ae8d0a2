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
import { StaffLogin, SupportLoggedIn } from "../../lib/staff/rules.ts";
import { supportInfo } from "../../lib/staff/views.ts";

/** POST /v1/support/login */
export const handler = endpoint({
  guard: staffAddress,
  body: StaffLogin,
  reply: SupportLoggedIn,
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
      { kind: "support", shown, request },
    );
    return {
      success: true as const,
      message: "You are signed in.",
      staff: supportInfo(staff, role),
      required_action: required,
      session: tokens,
    };
  },
});
