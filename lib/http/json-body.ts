import httpJsonBodyParser from "@middy/http-json-body-parser";
import type { APIGatewayProxyEvent } from "aws-lambda";
import { Failure } from "../errors.ts";
import { levelsIn, mostLevels } from "../json-levels.ts";
import { jsonMistake } from "./json-position.ts";
import { hasRepeatedKey } from "./repeated-key.ts";

/** Largest body in bytes. */
const bodyLimit = 1_048_576;

/** A body that was read, or why it could not be: kept until the caller is known, so that strangers learn nothing. */
export type ReadBody = { ok: true; value: unknown } | { ok: false; failure: Failure };

const { before: parse } = httpJsonBodyParser();

/**
 * Reads the body of an event as JSON in UTF-8. `undefined` is the value of an empty body.
 * Fails with BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE or MALFORMED_JSON.
 */
export function readJsonBody(event: APIGatewayProxyEvent): ReadBody {
  const { headers } = event;
  const text = bodyText(event);
  if (text === "") return { ok: true, value: undefined };
  if (Buffer.byteLength(text) > bodyLimit) return refused(new Failure("BODY_TOO_LARGE"));
  if (!isPlainUtf8(headers)) return refused(new Failure("UNSUPPORTED_MEDIA_TYPE"));
  // The parser writes its result over `body`, so it is given an event of its own.
  const parsed = { body: text as unknown, headers, isBase64Encoded: false };
  try {
    parse?.({ event: parsed } as unknown as Parameters<NonNullable<typeof parse>>[0]);
  } catch (error) {
    return refused(bodyFailure(error, text));
  }
  if (levelsIn(text) > mostLevels) {
    return refused(malformed(`It is nested more than ${mostLevels} levels deep.`));
  }
  if (!hasRepeatedKey(text, parsed.body)) return { ok: true, value: parsed.body };
  return refused(malformed("An object names one of its keys twice."));
}

/**
 * Whether the headers announce text as it stands, in UTF-8, as JSON must be (RFC 8259, section 8.1).
 * A compressed body is refused, not unpacked: a megabyte can hold a thousand.
 */
function isPlainUtf8(headers: APIGatewayProxyEvent["headers"]): boolean {
  const coding = headers["content-encoding"] ?? "identity";
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(headers["content-type"] ?? "")?.[1];
  return /^identity$/i.test(coding) && /^(utf-?8|us-ascii)$/i.test(charset ?? "utf-8");
}

/** The text of a body, empty if there is none. */
export const bodyText = ({
  body,
  isBase64Encoded,
}: Pick<APIGatewayProxyEvent, "body" | "isBase64Encoded">): string =>
  isBase64Encoded ? Buffer.from(body ?? "", "base64").toString("utf8") : (body ?? "");

const refused = (failure: Failure): ReadBody => ({ ok: false, failure });

function bodyFailure(error: unknown, text: string): Failure {
  if (error instanceof Error && "statusCode" in error && error.statusCode === 415) {
    return new Failure("UNSUPPORTED_MEDIA_TYPE");
  }
  const mistake = jsonMistake(text);
  const message =
    mistake === undefined
      ? "This is not JSON, is nested too deeply, or names a forbidden key such as __proto__."
      : `Line ${mistake.line}, column ${mistake.column}: this is not JSON.`;
  return malformed(message);
}

const malformed = (message: string): Failure =>
  new Failure("MALFORMED_JSON", { errors: [{ path: "", message }] });

/** Bytes of a request's body. */
export const bodySize = ({ body, isBase64Encoded }: APIGatewayProxyEvent): number =>
  body === null ? 0 : Buffer.byteLength(body, isBase64Encoded ? "base64" : "utf8");
