import { modelNames } from "../../lib/chat/models.ts";
import { ModelList } from "../../lib/chat/rules.ts";
import { free } from "../../lib/http/work.ts";
import { metered } from "../../lib/runtime.ts";

/** GET /v1/models, as in OpenAI's API */
export const handler = metered({
  scope: null,
  rateClass: "other",
  timeoutMs: 28_000,
  plan: ({ settings }) => modelNames(settings.levels),
  reply: ModelList,
  run: async ({ plan }) => ({ reply: { object: "list", data: plan }, used: free }),
});
