import { endpoint, settingsBase, settingsRecords, staff } from "../../lib/runtime.ts";
import { readPrompts } from "../../lib/settings/read-settings.ts";
import { PromptList } from "../../lib/settings/requests.ts";

/** GET /v1/admin/system-prompts */
export const handler = endpoint({
  guard: staff({ admin: "system_config" }),
  reply: PromptList,
  version: ({ data }) => data.version,
  run: () => readPrompts({ settingsRecords, settingsBase }),
});
