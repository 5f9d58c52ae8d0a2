import { levelNames } from "../accounts/levels.ts";
import type { Price } from "../credits/metering.ts";
import type { Settings } from "../settings/rules.ts";
import { type ChosenModel, chosenModel } from "./models.ts";
import type { ChatRequest } from "./rules.ts";
import { type UpstreamBody, upstreamBody } from "./upstream-body.ts";

/** What a chat request comes to. */
export interface ChatPlan {
  request: ChatRequest;
  chosen: ChosenModel;
  price: Price;
  upstream: UpstreamBody;
}

/** Model, style and price of a request, and what the provider is to be asked. @throws Failure as `chosenModel` */
export function planChat(request: ChatRequest, { levels, prompts }: Settings): ChatPlan {
  const chosen = chosenModel(request, levels);
  return {
    request,
    chosen,
    price: priceOf(chosen, levels),
    upstream: upstreamBody(request, { ...chosen, prompts }),
  };
}

/** What one request of a level takes, and must be allowed. */
function priceOf({ level, style, model }: ChosenModel, levels: Settings["levels"]): Price {
  const { credits, conversations } = levels[level];
  return { credits, conversations, level: levelNames.indexOf(level) + 1, rType: style, model };
}
