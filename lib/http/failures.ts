import { Failure } from "../errors.ts";
import { failureLabels } from "../fingerprint.ts";
import type { Log } from "../logger.ts";
import { failureShape } from "./problem.ts";
import type { HttpMiddleware } from "./request.ts";

/**
 * Turns whatever was thrown into an answer. What nobody foresaw becomes INTERNAL_ERROR: the answer
 * tells nothing, the log everything. Callers' mistakes stand in the request's own line only.
 */
export function answerFailures({
  log,
  errorsUrl,
}: {
  log: Log;
  errorsUrl: string;
}): HttpMiddleware {
  return {
    onError: (request) => {
      const { facts } = request.context;
      const failure = asFailure(request.error);
      request.context.failure = failure;
      if (failure.status >= 500) {
        (facts?.log ?? log).error("failure", {
          ...failureLabels(failure, facts?.route ?? ""),
          method: facts?.method,
          route: facts?.route,
          error: failure,
        });
      }
      const shape = failureShape(facts?.path ?? "");
      request.response = shape(failure, { requestId: facts?.id ?? "", errorsUrl });
    },
  };
}

/** What is told of anything that was thrown. */
export const asFailure = (thrown: unknown): Failure =>
  thrown instanceof Failure ? thrown : new Failure("INTERNAL_ERROR", { cause: thrown });
