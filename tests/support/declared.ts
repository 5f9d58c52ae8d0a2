import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import { type FailureCode, type FailureRow, failures } from "../../lib/errors.ts";
import { declarationOf } from "../../lib/http/declaration.ts";

type Handler = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

/** Codes by their name in an answer; OpenAI's clients know some by another. */
const codes = new Map<unknown, FailureCode>(
  (Object.keys(failures) as FailureCode[]).flatMap((code) => {
    const { openAiCode = code }: FailureRow = failures[code];
    return [
      [code, code],
      [openAiCode, code],
    ];
  }),
);

/** The code of a failure's body, in either shape. */
function codeOf(body: string): FailureCode | undefined {
  const { code, error } = JSON.parse(body) as { code?: string; error?: { code?: string } };
  return codes.get(error ? error.code : code);
}

/** What an answer has that its endpoint does not declare, and what to do about it. */
function undeclared(handler: Handler, { statusCode, body, headers }: APIGatewayProxyResult) {
  const said = declarationOf(handler);
  if (!said || statusCode === 204) return undefined;
  if (statusCode >= 300) {
    const code = codeOf(body);
    if (code && said.fails.has(code)) return undefined;
    return `It answered ${statusCode} ${code}: add the code to its \`fails\` (or to its guard's), or don't throw it.`;
  }
  if (statusCode !== said.status) {
    return `It answered ${statusCode} and declares ${said.status}: mend its \`status\`.`;
  }
  if (!String(headers?.["Content-Type"]).startsWith("application/json")) return undefined;
  const parsed = said.reply.safeParse(JSON.parse(body));
  return parsed.success ? undefined : `Its answer is not its \`reply\`: ${parsed.error.message}`;
}

/**
 * A handler that throws where it answers what it does not declare, so that every test of an endpoint
 * is a test of its declaration, and with it of docs/openapi.json.
 */
export const asDeclared =
  (path: string, handler: Handler): Handler =>
  async (...input) => {
    const answer = await handler(...input);
    // Jobs answer nothing, and what was streamed has been sent.
    const mistake = answer?.statusCode === undefined ? undefined : undeclared(handler, answer);
    if (mistake) throw new Error(`functions/${path}.ts: ${mistake}`);
    return answer;
  };
