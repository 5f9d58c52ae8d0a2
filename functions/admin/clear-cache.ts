import { Done, done } from "../../lib/http/done.ts";
import { endpoint, settingsRecords, staff } from "../../lib/runtime.ts";
import { refreshSettings } from "../../lib/settings/refresh-settings.ts";

/** DELETE /v1/admin/cache */
export const handler = endpoint({
  guard: staff({ admin: "system_config" }),
  reply: Done,
  run: async ({ staff: by, now, request }) => {
    await refreshSettings({ settingsRecords }, { staff: by, now, request });
    return done("Every process reads its settings afresh within 10 seconds.");
  },
});
