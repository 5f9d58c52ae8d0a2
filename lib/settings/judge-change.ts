import { promptStyles } from "../chat/styles.ts";
import type { FieldError } from "../errors.ts";
import type { Settings } from "./rules.ts";

const mostPlans = 50;

/**
 * What is wrong with settings that their form allows: rules between fields, which a change must keep
 * and which settings of an older day are not refused for.
 */
export function problemsOf(settings: Settings): FieldError[] {
  return [...plans(settings), ...lifetimes(settings), ...providers(settings)];
}

function* plans({ plans }: Settings): Generator<FieldError> {
  if (Object.keys(plans).length > mostPlans) {
    yield { path: "plans", message: `must be at most ${mostPlans}` };
  }
  for (const [name, { rTypes }] of Object.entries(plans)) {
    const path = `plans.${name}.r_types`;
    const unknown = rTypes.filter((style) => !(promptStyles as readonly string[]).includes(style));
    if (unknown.length > 0) yield { path, message: `must be of ${promptStyles.join(", ")}` };
    if (new Set(rTypes).size < rTypes.length) yield { path, message: "must not repeat a style" };
  }
}

/** What a refresh token is good for when it lives no longer than its session. */
function* lifetimes({ sessions, staff }: Settings): Generator<FieldError> {
  const message = "must not end before the session";
  if (sessions.refreshDays * 24 < sessions.hours) yield { path: "sessions.refresh_days", message };
  if (sessions.longestDays < sessions.refreshDays) {
    yield { path: "sessions.longest_days", message: "must not end before a refresh token" };
  }
  for (const kind of ["admin", "support"] as const) {
    if (staff.refreshDays[kind] * 24 < staff.sessionHours) {
      yield { path: `staff.refresh_days.${kind}`, message };
    }
  }
}

function* providers({ providers }: Settings): Generator<FieldError> {
  const names = providers.map(({ name }) => name);
  for (const [index, { url, name, models }] of providers.entries()) {
    const { username, password, search, hash } = new URL(url);
    if (username || password || search || hash) {
      // Settings are read by staff and stand in the security log.
      const message = "must hold no name, password, query or fragment: a key is a parameter";
      yield { path: `providers[${index}].url`, message };
    }
    if (names.indexOf(name) < index) {
      yield { path: `providers[${index}].name`, message: "must be the only one of that name" };
    }
    if (Object.keys(models).length > 100) {
      yield { path: `providers[${index}].models`, message: "must be at most 100" };
    }
  }
}
