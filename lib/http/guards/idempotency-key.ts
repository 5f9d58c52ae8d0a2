import type { APIGatewayProxyEvent } from "aws-lambda";
import { Failure } from "../../errors.ts";
import { type Guard, guarding } from "./guard.ts";

/**
 * The guard, and then the caller's `Idempotency-Key`, by which it can ask again without doing twice.
 * Fails with VALIDATION_FAILED unless it is 1 to 255 printable ASCII characters.
 */
export const withIdempotencyKey = <Caller extends object>(guard: Guard<Caller>) =>
  guarding(
    {
      ...guard.declares,
      headers: ["Idempotency-Key"],
      fails: [...guard.declares.fails, "VALIDATION_FAILED"],
    },
    async (request, event, context) => ({
      ...(await guard(request, event, context)),
      idempotencyKey: idempotencyKey(event),
    }),
  );

/**
 * The caller's `Idempotency-Key`, if it sent one.
 * @throws Failure VALIDATION_FAILED unless it is 1 to 255 printable ASCII characters
 */
export function idempotencyKey({
  headers,
}: Pick<APIGatewayProxyEvent, "headers">): string | undefined {
  const key = headers["idempotency-key"];
  if (key === undefined || /^[\x20-\x7e]{1,255}$/.test(key)) return key;
  throw new Failure("VALIDATION_FAILED", {
    errors: [{ path: "Idempotency-Key", message: "must be 1 to 255 printable ASCII characters" }],
  });
}
