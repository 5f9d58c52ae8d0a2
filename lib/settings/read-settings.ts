import type * as z from "zod";
import { promptStyles } from "../chat/styles.ts";
import { effective } from "./effective.ts";
import type { PromptList, SettingsView } from "./requests.ts";
import { Settings } from "./rules.ts";
import type { SettingsStore, StoredSettings } from "./store.ts";
import { toWire } from "./wire.ts";

export interface ReadDeps {
  settingsRecords: Pick<SettingsStore, "service">;
  settingsBase: Record<string, unknown>;
}

/** The settings as they are stored now, whatever any process still believes. */
export async function readSettings({
  settingsRecords,
  settingsBase,
}: ReadDeps): Promise<SettingsView> {
  const stored = await settingsRecords.service();
  return viewSettings(stored, effective(settingsBase, stored));
}

export const viewSettings = (
  { version, updatedAt, updatedBy }: Omit<StoredSettings, "value">,
  settings: Settings,
): SettingsView => ({
  success: true,
  version,
  updated_at: updatedAt?.toISOString() ?? null,
  updated_by: updatedBy ?? null,
  settings: toWire(Settings, settings) as SettingsView["settings"],
});

/** The system prompt of each style. */
export async function readPrompts({
  settingsRecords,
  settingsBase,
}: ReadDeps): Promise<z.output<typeof PromptList>> {
  const stored = await settingsRecords.service();
  const { prompts } = effective(settingsBase, stored);
  return {
    success: true,
    message: "These are the system prompts.",
    data: { prompts, r_types: [...promptStyles], version: stored.version },
  };
}
