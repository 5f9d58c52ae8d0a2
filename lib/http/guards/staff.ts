import type { APIGatewayProxyEvent } from "aws-lambda";
import type { AddressGuard } from "../../addresses/guard.ts";
import { Failure } from "../../errors.ts";
import { parseToken } from "../../security/token.ts";
import type { SettingsReader } from "../../settings/reader.ts";
import { type Duty, openDuty, type Privilege, requirePrivilege } from "../../staff/privilege.ts";
import type { StaffSessionStore } from "../../staff/session-store.ts";
import { bearerToken } from "../bearer.ts";
import type { RequestFacts } from "../request.ts";

interface StaffGuardDeps {
  sessions: Pick<StaffSessionStore, "open">;
  settings: SettingsReader;
  addresses: Pick<AddressGuard, "require">;
}

const dutyFailures = {
  password: "PASSWORD_CHANGE_REQUIRED",
  totp: "SECOND_FACTOR_REQUIRED",
} as const satisfies Record<Duty, string>;

/**
 * Makes the guard of endpoints for staff. `run` gets the `staff`, the `session` that was used, and
 * `now`, the database's time at which it was looked up. One round trip.
 * Fails with ADDRESS_NOT_ALLOWED, before the token is looked at, where the rules for staff shut the
 * address out, with AUTHENTICATION_REQUIRED without a token, with SESSION_INVALID for any that opens nothing
 * (one of a user too), with PERMISSION_REQUIRED without the privilege, and as long as a duty is open
 * that is not among `during` with PASSWORD_CHANGE_REQUIRED or SECOND_FACTOR_REQUIRED. All this is
 * known before what the request names is looked for, so that a 403 tells nothing of it.
 */
export const staffGuard =
  ({ sessions, settings, addresses }: StaffGuardDeps) =>
  (privilege: Privilege, { during = [] }: { during?: readonly Duty[] } = {}) =>
  async ({ ip }: RequestFacts, event: APIGatewayProxyEvent) => {
    await addresses.require("staff", ip);
    const token = parseToken("staffSession", bearerToken(event));
    const [opened, current] = await Promise.all([
      token && sessions.open(token),
      settings.current(),
    ]);
    if (!opened) throw new Failure("SESSION_INVALID");
    requirePrivilege(opened.staff.role, privilege);
    const duty = openDuty(opened.staff, current.staff);
    if (duty && !during.includes(duty)) throw new Failure(dutyFailures[duty]);
    return opened;
  };
