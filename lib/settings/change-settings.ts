import { toDotPath } from "zod/v4/core";
import { Failure } from "../errors.ts";
import { issueText } from "../issue-text.ts";
import { changedFields } from "../security/changed-fields.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import type { StoredStaff } from "../staff/document.ts";
import { effective } from "./effective.ts";
import { problemsOf } from "./judge-change.ts";
import { differences } from "./overrides.ts";
import { type ReadDeps, viewSettings } from "./read-settings.ts";
import type { SettingsView } from "./requests.ts";
import { Settings } from "./rules.ts";
import type { SettingsStore } from "./store.ts";
import { toWire, wirePath } from "./wire.ts";

export interface ChangeDeps extends ReadDeps {
  settingsRecords: Pick<SettingsStore, "service" | "replace" | "plansInUse">;
}

/** The member of staff who asks. */
export interface Author {
  staff: Pick<StoredStaff, "_id">;
  /** The database's time. */
  now: Date;
  request: EventOrigin;
}

interface ChangeInput {
  author: Author;
  /** Whether the change was made from a version. */
  matches: (version: number) => boolean;
  /** What the settings are to be. */
  change: (settings: Settings) => Record<string, unknown>;
}

/**
 * Changes the settings and writes down what was changed. Only what differs from the defaults and the
 * environment is stored, so that those count wherever nobody decided otherwise.
 * @throws Failure PRECONDITION_FAILED if it was made from another version; VALIDATION_FAILED for
 * settings that do not fit together; PLAN_IN_USE for a plan that accounts have
 */
export async function changeSettings(
  { settingsRecords, settingsBase }: ChangeDeps,
  { author, matches, change }: ChangeInput,
): Promise<SettingsView> {
  const stored = await settingsRecords.service();
  const { version } = stored;
  if (!matches(version)) throw new Failure("PRECONDITION_FAILED");
  const before = effective(settingsBase, stored);
  const after = fitting(change(before));
  const changes = changedFields(wired(before), wired(after));
  if (changes.fields.length === 0) return viewSettings(stored, before);

  const removed = Object.keys(before.plans).filter((name) => !Object.hasOwn(after.plans, name));
  const used = await settingsRecords.plansInUse(removed);
  if (used.length > 0) {
    const message = "Accounts have this plan.";
    throw new Failure("PLAN_IN_USE", {
      errors: used.map((name) => ({ path: `plans.${name}`, message })),
    });
  }
  const { staff, request, now } = author;
  const by = staff._id.toHexString();
  const event = securityEvent("settings_changed", {
    request,
    actor: { kind: "staff", id: staff._id },
    details: { version: version + 1, ...changes },
  });
  const value = differences(settingsBase, after);
  if (!(await settingsRecords.replace({ version, value, by, event, usage: request.usage }))) {
    throw new Failure("PRECONDITION_FAILED");
  }
  return viewSettings({ version: version + 1, updatedAt: now, updatedBy: by }, after);
}

const wired = (settings: Settings) => toWire(Settings, settings) as Record<string, unknown>;

function fitting(wanted: unknown): Settings {
  const parsed = Settings.safeParse(wanted, { error: issueText });
  const errors = parsed.success
    ? problemsOf(parsed.data)
    : parsed.error.issues.map(({ path, message }) => ({
        path: toDotPath(wirePath(path)),
        message,
      }));
  if (!parsed.success || errors.length > 0) throw new Failure("VALIDATION_FAILED", { errors });
  return parsed.data;
}
