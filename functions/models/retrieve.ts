import { modelNamed } from "../../lib/chat/models.ts";
import { Model } from "../../lib/chat/rules.ts";
import { free } from "../../lib/http/work.ts";
import { metered } from "../../lib/runtime.ts";

/** GET /v1/models/{id}, as in OpenAI's API */
export const handler = metered({
  scope: null,
  rateClass: "other",
  timeoutMs: 28_000,
  plan: ({ settings, path }) => modelNamed(path.id ?? "", settings.levels),
  reply: Model,
  fails: ["MODEL_NOT_FOUND"],
  run: async ({ plan }) => ({ reply: plan, used: free }),
});
