import { endpoint, settingsBase, settingsRecords, staff } from "../../lib/runtime.ts";
import { readSettings } from "../../lib/settings/read-settings.ts";
import { SettingsView } from "../../lib/settings/requests.ts";

/** GET /v1/admin/settings */
export const handler = endpoint({
  guard: staff({ admin: "system_config" }),
  reply: SettingsView,
  version: ({ version }) => version,
  run: () => readSettings({ settingsRecords, settingsBase }),
});
