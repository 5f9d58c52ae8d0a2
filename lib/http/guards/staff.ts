import { proofAttempt } from "../../accounts/attempts.ts";
import type { AddressGuard } from "../../addresses/guard.ts";
import { Failure } from "../../errors.ts";
import type { Proof } from "../../security/proof.ts";
import { parseToken } from "../../security/token.ts";
import type { SettingsReader } from "../../settings/reader.ts";
import type { AdminRole, StoredRole, SupportRole } from "../../staff/document.ts";
import {
  type AdminPrivilege,
  type Duty,
  openDuty,
  type Privilege,
  requirePrivilege,
  type SupportPrivilege,
} from "../../staff/privilege.ts";
import type { StaffSessionStore } from "../../staff/session-store.ts";
import { bearerToken } from "../bearer.ts";
import type { GuardDeclaration } from "../declaration.ts";
import { type Guard, guarding } from "./guard.ts";

interface StaffGuardDeps {
  sessions: Pick<StaffSessionStore, "open">;
  settings: SettingsReader;
  addresses: Pick<AddressGuard, "require">;
}

const dutyFailures = {
  password: "PASSWORD_CHANGE_REQUIRED",
  totp: "SECOND_FACTOR_REQUIRED",
} as const satisfies Record<Duty, string>;

const declaration: GuardDeclaration = {
  security: ["staffSession"],
  fails: [
    "ADDRESS_NOT_ALLOWED",
    "AUTHENTICATION_REQUIRED",
    "SESSION_INVALID",
    "PERMISSION_REQUIRED",
    "PASSWORD_CHANGE_REQUIRED",
    "SECOND_FACTOR_REQUIRED",
    "DATABASE_UNAVAILABLE",
  ],
};

type Opened = NonNullable<Awaited<ReturnType<StaffSessionStore["open"]>>>;

type Caller<Role> = Opened & { role: Role };

interface Options {
  /** Duties that may still be open. */
  during?: readonly Duty[];
  /** Takes a place for one proof of the password, which `run` gets as `proof`. */
  proves?: boolean;
}

/** The guard of a privilege; the kind of role that it asks for is the kind that `run` gets. */
interface StaffGuard {
  (
    privilege: Privilege,
    options: Options & { proves: true },
  ): Guard<Caller<StoredRole> & { proof: Proof }>;
  (privilege: AdminPrivilege, options?: Options): Guard<Caller<AdminRole>>;
  (privilege: SupportPrivilege, options?: Options): Guard<Caller<SupportRole>>;
  (privilege: Privilege, options?: Options): Guard<Caller<StoredRole>>;
}

/**
 * Makes the guard of endpoints for staff. `run` gets the `staff`, their `role`, the `session` that was
 * used, and `now`, the database's time at which it was looked up. One round trip, in which also the
 * place for a proof of the password is taken.
 * Fails with ADDRESS_NOT_ALLOWED, before the token is looked at, where the rules for staff shut the
 * address out, with AUTHENTICATION_REQUIRED without a token, with SESSION_INVALID for any that opens nothing
 * (one of a user too), with PERMISSION_REQUIRED without the privilege, and as long as a duty is open
 * that is not among `during` with PASSWORD_CHANGE_REQUIRED or SECOND_FACTOR_REQUIRED. All this is
 * known before what the request names is looked for, so that a 403 tells nothing of it.
 */
export function staffGuard({ sessions, settings, addresses }: StaffGuardDeps): StaffGuard {
  const guard = (privilege: Privilege, { during = [], proves = false }: Options = {}) =>
    guarding(declaration, async (request, event, context) => {
      await addresses.require("staff", request.ip);
      const token = parseToken("staffSession", bearerToken(event));
      const reading = settings.current();
      const attempt = proves ? proofAttempt(request, (await reading).login) : undefined;
      const opening = token && sessions.open(token, attempt);
      const [opened, current] = await Promise.all([opening, reading]);
      context.proof = opened?.proof;
      if (!opened) throw new Failure("SESSION_INVALID");
      // Also one who may not is known, and leaves an event.
      request.usage.of(opened);
      requirePrivilege(opened.staff.role, privilege);
      const duty = openDuty(opened.staff, current.staff);
      if (duty && !during.includes(duty)) throw new Failure(dutyFailures[duty]);
      return { ...opened, role: opened.staff.role };
    });
  // What was required of the role is what the overloads say of it; with `proves` there is a proof.
  return guard as StaffGuard;
}
