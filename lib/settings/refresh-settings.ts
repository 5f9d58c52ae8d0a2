import { securityEvent } from "../security/events.ts";
import type { Author } from "./change-settings.ts";
import type { SettingsStore } from "./store.ts";

/** Gives the settings another version and leaves them as they are: every process reads afresh what it keeps for a version, such as the keys of providers. */
export async function refreshSettings(
  { settingsRecords }: { settingsRecords: Pick<SettingsStore, "service" | "replace"> },
  { staff, request }: Author,
): Promise<void> {
  const { version, value } = await settingsRecords.service();
  const event = securityEvent("settings_refreshed", {
    request,
    actor: { kind: "staff", id: staff._id },
    details: { version: version + 1 },
  });
  // If somebody was first, there is another version already.
  const by = staff._id.toHexString();
  await settingsRecords.replace({ version, value, by, event, usage: request.usage });
}
