import * as z from "zod";
import { idCodec } from "../../../lib/ids.ts";
import {
  endpoint,
  events,
  mailer,
  passwords,
  settings,
  staff,
  users,
} from "../../../lib/runtime.ts";
import { resetPassword, UserPasswordResetDone } from "../../../lib/staff/users/reset-password.ts";
import { UserPasswordReset } from "../../../lib/staff/users/rules.ts";

/** POST /v1/support/users/{id}/reset-password */
export const handler = endpoint({
  guard: staff({ support: "can_reset_passwords" }),
  path: z.object({ id: idCodec }),
  body: UserPasswordReset,
  reply: UserPasswordResetDone,
  fails: ["EMAIL_LIMIT_REACHED", "EMAIL_REJECTED", "USER_SUSPENDED", "CHANGED_MEANWHILE"],
  run: ({ path, body, ...input }) =>
    resetPassword(
      { users, mailer, events, passwords, settings },
      { ...input, account: path.id, password: body.new_password },
    ),
});
