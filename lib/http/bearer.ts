import type { APIGatewayProxyEvent } from "aws-lambda";
import { Failure } from "../errors.ts";

/**
 * The token of `Authorization: Bearer <token>` (RFC 6750, section 2.1; the scheme in any case).
 * @throws Failure AUTHENTICATION_REQUIRED if there is none, or more than one: of two, whatever stands
 * in front of the service may have looked at the other
 */
export function bearerToken({
  headers,
  multiValueHeaders,
}: Pick<APIGatewayProxyEvent, "headers" | "multiValueHeaders">): string {
  const token = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
  const given = multiValueHeaders?.authorization?.length ?? 1;
  if (token === undefined || given > 1) throw new Failure("AUTHENTICATION_REQUIRED");
  return token;
}
