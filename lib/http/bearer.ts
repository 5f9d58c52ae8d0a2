import type { APIGatewayProxyEvent } from "aws-lambda";
import { Failure } from "../errors.ts";

/**
 * The token of `Authorization: Bearer <token>` (RFC 6750, section 2.1; the scheme in any case).
 * @throws Failure AUTHENTICATION_REQUIRED if there is none
 */
export function bearerToken({ headers }: Pick<APIGatewayProxyEvent, "headers">): string {
  const token = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
  if (token === undefined) throw new Failure("AUTHENTICATION_REQUIRED");
  return token;
}
