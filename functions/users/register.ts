import { register } from "../../lib/accounts/register.ts";
import { Registered, Registration } from "../../lib/accounts/rules.ts";
import {
  accounts,
  clock,
  endpoint,
  mailer,
  passwords,
  settings,
  throttle,
} from "../../lib/runtime.ts";

/** POST /v1/users/register */
export const handler = endpoint({
  body: Registration,
  reply: Registered,
  status: 201,
  fails: ["REGISTRATION_CLOSED", "ALREADY_TAKEN", "REGISTRATIONS_EXCEEDED", "DATABASE_UNAVAILABLE"],
  run: ({ body: registration, request }) =>
    register({ accounts, throttle, passwords, settings, mailer, clock }, { registration, request }),
});
