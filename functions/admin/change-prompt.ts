import { withIfMatch } from "../../lib/http/guards/if-match.ts";
import { endpoint, settingsBase, settingsRecords, staff } from "../../lib/runtime.ts";
import { changeSettings } from "../../lib/settings/change-settings.ts";
import { PromptChange, PromptChanged } from "../../lib/settings/requests.ts";

const guard = withIfMatch(staff({ admin: "system_config" }));

/** PUT /v1/admin/system-prompts */
export const handler = endpoint({
  guard,
  body: PromptChange,
  reply: PromptChanged,
  fails: ["PRECONDITION_FAILED"],
  version: ({ data }) => data.version,
  run: async ({ staff: by, now, request, matches, body: { r_type, prompt } }) => {
    const { version } = await changeSettings(
      { settingsRecords, settingsBase },
      {
        author: { staff: by, now, request },
        matches,
        change: ({ prompts, ...rest }) => ({ ...rest, prompts: { ...prompts, [r_type]: prompt } }),
      },
    );
    const message = "The system prompt is changed. It holds everywhere within 10 seconds.";
    return { success: true as const, message, data: { r_type, version } };
  },
});
