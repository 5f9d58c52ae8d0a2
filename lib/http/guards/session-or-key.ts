import { limitHeaders } from "../../credits/limit-headers.ts";
import type { AdmitInput, Metering } from "../../credits/metering.ts";
import { parseToken } from "../../security/token.ts";
import { bearerToken } from "../bearer.ts";
import { gateDeclaration } from "../metered-declaration.ts";
import { guarding } from "./guard.ts";
import type { sessionGuard } from "./session.ts";

interface SessionOrKeyDeps {
  session: ReturnType<typeof sessionGuard>;
  metering: Pick<Metering, "admit">;
}

/** Milliseconds of a function that is not said to take longer. */
const timeoutMs = 28_000;

/**
 * Makes the guard of endpoints that are open to sessions, and to API keys with a scope, which pass
 * the gate at no cost. `run` gets the `account`, `now`, and of a key the `key`. One round trip.
 */
export const sessionOrKeyGuard = ({ session: open, metering }: SessionOrKeyDeps) => {
  const session = open();
  return ({ scope }: Pick<AdmitInput, "scope">) => {
    const gate = gateDeclaration({ scope });
    return guarding(
      {
        security: [...session.declares.security, ...gate.security],
        fails: [...session.declares.fails, ...gate.fails],
      },
      async (request, event, context) => {
        const token = parseToken("key", bearerToken(event));
        if (!token) {
          const { account, now } = await session(request, event, context);
          return { account, now };
        }
        try {
          const admitted = await metering.admit({
            request,
            token,
            scope,
            rateClass: "other",
            price: undefined,
            timeoutMs,
          });
          const { account, key, now, limits } = admitted;
          context.answerHeaders = limitHeaders(limits);
          return { account, key, now };
        } catch (error) {
          // What is refused of a known key has left its event by then.
          request.usage.stands();
          throw error;
        }
      },
    );
  };
};
