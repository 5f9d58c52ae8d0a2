import type { ServerResponse } from "node:http";

interface GatewayAnswer {
  status: number;
  /** API Gateway's name for the kind of answer. */
  code: string;
  message: string;
}

/** What API Gateway answers when a function fails it, by the names and messages it uses. */
export const gatewayAnswers = {
  failed: { status: 502, code: "INTEGRATION_FAILURE", message: "Internal server error" },
  timedOut: { status: 504, code: "INTEGRATION_TIMEOUT", message: "Endpoint request timed out" },
} as const satisfies Record<string, GatewayAnswer>;

/** Answers as the gateway responses of functions/resources.yml do; breaks off an answer already begun. */
export function answerFor(
  response: ServerResponse,
  { status, code, message }: GatewayAnswer,
  requestId: string,
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    "X-Request-Id": requestId,
  });
  response.end(
    JSON.stringify({
      type: "about:blank",
      detail: message,
      code,
      request_id: requestId,
      errors: [],
      success: false,
      message,
    }),
  );
}
