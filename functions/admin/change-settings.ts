import { withIfMatch } from "../../lib/http/guards/if-match.ts";
import { endpoint, settingsBase, settingsRecords, staff } from "../../lib/runtime.ts";
import { changeSettings } from "../../lib/settings/change-settings.ts";
import { SettingsChanges, SettingsView, sectionsOf } from "../../lib/settings/requests.ts";

const guard = withIfMatch(staff({ admin: "system_config" }));

/** PUT /v1/admin/settings */
export const handler = endpoint({
  guard,
  body: SettingsChanges,
  reply: SettingsView,
  fails: ["PRECONDITION_FAILED", "PLAN_IN_USE"],
  version: ({ version }) => version,
  run: ({ staff: by, now, request, matches, body }) =>
    changeSettings(
      { settingsRecords, settingsBase },
      {
        author: { staff: by, now, request },
        matches,
        change: (settings) => ({ ...settings, ...sectionsOf(body) }),
      },
    ),
});
