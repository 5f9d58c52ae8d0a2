import type { APIGatewayProxyEvent } from "aws-lambda";
import { Failure } from "../errors.ts";

const scheme = "bearer ";

/**
 * The token of `Authorization: Bearer <token>` (RFC 6750, section 2.1; the scheme in any case).
 * @throws Failure AUTHENTICATION_REQUIRED if there is none, or more than one: of two, whatever stands
 * in front of the service may have looked at the other
 */
export function bearerToken({
  headers,
  multiValueHeaders,
}: Pick<APIGatewayProxyEvent, "headers" | "multiValueHeaders">): string {
  const value = headers.authorization ?? "";
  // No one expression for all of it: it would go back over each character of a long one.
  const token = value.slice(scheme.length).trim();
  const isBearer = value.slice(0, scheme.length).toLowerCase() === scheme;
  const given = multiValueHeaders?.authorization?.length ?? 1;
  if (!isBearer || token === "" || /\s/.test(token) || given > 1) {
    throw new Failure("AUTHENTICATION_REQUIRED");
  }
  return token;
}
