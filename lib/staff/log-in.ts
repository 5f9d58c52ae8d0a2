import { type CheckDeps, type CheckedLogin, checkLogin } from "../accounts/check-login.ts";
import { failedLogin, unfinishedLogin } from "../accounts/failed-login.ts";
import { Failure } from "../errors.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import { isOutdated } from "../security/password.ts";
import type { TotpVault } from "../security/totp.ts";
import { newSession, sessionKinds } from "../sessions/new-session.ts";
import type { SessionTokens } from "../sessions/rules.ts";
import type { StoredRole } from "./document.ts";
import type { StaffLogin } from "./rules.ts";
import { checkFactor, type SpentFactor } from "./second-factor.ts";
import type { LoginStaff, StaffStore } from "./store.ts";
import { requiredAction } from "./views.ts";

interface LoginDeps extends CheckDeps {
  members: Pick<StaffStore, "findByName" | "logIn">;
  totp: TotpVault;
}

interface LoginInput<Kind extends StoredRole["kind"]> {
  kind: Kind;
  shown: StaffLogin;
  request: EventOrigin;
}

interface StaffLoggedIn<Kind> {
  staff: LoginStaff;
  role: Extract<StoredRole, { kind: Kind }>;
  required: ReturnType<typeof requiredAction>;
  tokens: SessionTokens;
}

/**
 * Opens a session for who knows the password and, where there is one, has the second factor. Wrong
 * second factors count as wrong passwords do.
 * @throws Failure as `checkLogin`; TOTP_REQUIRED if the factor was not shown; TOO_MANY_ATTEMPTS also
 * if the member was changed meanwhile
 */
export async function logInStaff<Kind extends StoredRole["kind"]>(
  deps: LoginDeps,
  { kind, shown, request }: LoginInput<Kind>,
): Promise<StaffLoggedIn<Kind>> {
  const { username: typed, password } = shown;
  const find = (name: string) => deps.members.findByName(name, kind);
  const checked = await checkLogin(deps, { who: kind, typed, password, request, find });
  const { holder: staff, now, facts, settings } = checked;
  const factor = await checkFactor(deps.totp, staff, shown, now);
  if (factor === "wrong") throw await failedLogin(deps, facts, "invalid_second_factor");
  if (factor === "missing") throw await unfinishedLogin(deps, facts);
  request.usage?.of({ staff, now });
  const tokens = await open(deps, { kind, shown, request }, { ...checked, factor });
  return {
    staff,
    role: staff.role as Extract<StoredRole, { kind: Kind }>,
    required: requiredAction(staff, settings),
    tokens,
  };
}

async function open(
  { members, passwords }: Pick<LoginDeps, "members" | "passwords">,
  { kind, shown, request }: LoginInput<StoredRole["kind"]>,
  {
    holder: staff,
    now,
    facts,
    settings,
    factor,
  }: CheckedLogin<LoginStaff> & { factor: SpentFactor },
): Promise<SessionTokens> {
  const cost = settings.passwords.argon2id;
  const newHash = isOutdated(staff.passwordHash, cost)
    ? await passwords.hash(shown.password, cost)
    : undefined;
  const { sessionHours: hours, refreshDays } = settings.staff;
  const session = newSession({
    accountId: staff._id,
    kinds: sessionKinds.staff,
    now,
    request,
    lifetimes: { hours, refreshDays: refreshDays[kind] },
  });
  const actor = { kind: "staff" as const, id: staff._id };
  const about = { request, subject: staff._id, actor };
  const details = {
    session_id: session.stored.id.toHexString(),
    second_factor: factor.kind,
  };
  const events = [securityEvent(`${kind}_login_successful`, { ...about, details })];
  if (newHash !== undefined) events.push(securityEvent(`${kind}_password_hash_upgraded`, about));
  const done = await members.logIn({
    staff,
    newHash,
    factor,
    session: session.stored,
    most: settings.sessions.most,
    attempts: facts.attempts,
    events,
    usage: request.usage,
  });
  // Changed meanwhile, or the same code opened another session just now.
  if (!done) throw new Failure("TOO_MANY_ATTEMPTS", { retryAfter: 1 });
  return session.tokens;
}
