import { logIn } from "../../lib/accounts/log-in.ts";
import { LoggedIn, Login } from "../../lib/accounts/rules.ts";
import {
  accounts,
  addresses,
  endpoint,
  events,
  passwords,
  settings,
  throttle,
} from "../../lib/runtime.ts";

/** POST /v1/users/login */
export const handler = endpoint({
  body: Login,
  reply: LoggedIn,
  fails: [
    "INVALID_CREDENTIALS",
    "LOGIN_LOCKED",
    "ADDRESS_BLOCKED",
    "TOO_MANY_ATTEMPTS",
    "DATABASE_UNAVAILABLE",
  ],
  run: ({ body: { email: typed, password }, request }) =>
    logIn(
      { accounts, addresses, throttle, events, passwords, settings },
      { typed, password, request },
    ),
});
