import * as z from "zod";
import { removeRule } from "../../../lib/addresses/remove-rule.ts";
import { Done, done } from "../../../lib/http/done.ts";
import { idCodec } from "../../../lib/ids.ts";
import { addressRules, endpoint, pause, staff } from "../../../lib/runtime.ts";

/** DELETE /v1/admin-panel/ip-rules/{id} */
export const handler = endpoint({
  guard: staff({ admin: "system_config" }),
  path: z.object({ id: idCodec }),
  reply: Done,
  fails: ["LOCKS_AUTHOR_OUT", "CHANGED_MEANWHILE"],
  run: async ({ staff: by, now, request, path: { id } }) => {
    await removeRule({ addressRules, pause }, { author: { staff: by, now, request }, id });
    return done("The rule is removed. That holds everywhere within 10 seconds.");
  },
});
