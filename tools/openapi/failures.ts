import { STATUS_CODES } from "node:http";
import * as z from "zod";
import {
  Failure,
  type FailureCode,
  type FailureRow,
  type FieldError,
  failures,
} from "../../lib/errors.ts";
import { failureShape, openAiError, type problem } from "../../lib/http/problem.ts";

/** Problem details (RFC 9457) with members of ours; some codes add members of their own. */
export const Problem = z
  .looseObject({
    type: z.string().describe("A link to what the code means."),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    request_id: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })),
    success: z.literal(false),
    message: z.string(),
  })
  .meta({ id: "Problem" });

/** A failure as OpenAI's API answers it; some codes add members of their own. */
export const OpenAiError = z
  .object({
    error: z.looseObject({
      message: z.string(),
      type: z.string(),
      code: z.string(),
      param: z.string().nullable(),
      request_id: z.string(),
    }),
  })
  .meta({ id: "OpenAiError" });

/** Mistakes that some codes name. */
const mistakes: Partial<Record<FailureCode, FieldError[]>> = {
  VALIDATION_FAILED: [{ path: "colour", message: "This field is not known here." }],
  MALFORMED_JSON: [{ path: "", message: "Line 1, column 8: this is not JSON." }],
  ALREADY_TAKEN: [{ path: "email", message: "Another account has this address." }],
};

const requestId = "0b54c1c6-6f0a-4c8e-9a55-2f7d3f5f1c11";

/** One code as an address answers it. */
function answerOf(code: FailureCode, shape: typeof problem) {
  const later = failures[code].retry === "later";
  const failure = new Failure(code, {
    errors: mistakes[code] ?? [],
    ...(later && { retryAfter: 5 }),
  });
  return shape(failure, { requestId, errorsUrl: "/docs/errors" });
}

/** Shared by everything that answers the same codes with one status. */
export interface FailureResponse {
  name: string;
  response: object;
}

/** Each code's answer, for all that may give it. */
export interface FailureExample {
  name: string;
  example: { summary: string; value: unknown };
}

/** The failures of an address by their status, with an example of each. */
export function failureResponses(
  path: string,
  codes: ReadonlySet<FailureCode>,
  metered: boolean,
): { byStatus: Map<string, FailureResponse>; examples: FailureExample[] } {
  const shape = failureShape(path);
  const suffix = shape === openAiError ? ".openai" : "";
  const known = (Object.keys(failures) as FailureCode[]).filter((code) => codes.has(code));
  const answers = known.map((code) => ({ code, answer: answerOf(code, shape) }));
  const examples = answers.map(({ code, answer }) => ({
    name: `${code}${suffix}`,
    example: { summary: failures[code].message, value: JSON.parse(answer.body) },
  }));
  const byStatus = new Map<string, FailureResponse>();
  for (const [status, group] of Map.groupBy(answers, ({ answer }) => answer.statusCode)) {
    const of = group.map(({ code }) => code);
    const name = `${of.join(".")}${suffix}${metered ? ".metered" : ""}`;
    byStatus.set(String(status), { name, response: responseOf(status, of, { suffix, metered }) });
  }
  return { byStatus, examples };
}

function responseOf(
  status: number,
  codes: FailureCode[],
  { suffix, metered }: { suffix: string; metered: boolean },
) {
  const isOpenAi = suffix !== "";
  const lines = codes.map(
    (code) => `- \`${code}\`: ${failures[code].message} ${failures[code].help}`,
  );
  const names = codes.map((code) => nameIn(code, isOpenAi));
  const told = { properties: { code: { enum: names } } };
  const schema = isOpenAi ? { properties: { error: told } } : told;
  const shape = { $ref: `#/components/schemas/${isOpenAi ? "OpenAiError" : "Problem"}` };
  return {
    description: `${STATUS_CODES[status] ?? "Refused"}\n\n${lines.join("\n")}`,
    headers: headersOf(status, codes, metered),
    content: {
      [isOpenAi ? "application/json" : "application/problem+json"]: {
        schema: { allOf: [shape, schema] },
        examples: Object.fromEntries(
          codes.map((code) => [code, { $ref: `#/components/examples/${code}${suffix}` }]),
        ),
      },
    },
  };
}

const nameIn = (code: FailureCode, isOpenAi: boolean): string => {
  const row: FailureRow = failures[code];
  return isOpenAi ? (row.openAiCode ?? code) : code;
};

const headersOf = (status: number, codes: FailureCode[], metered: boolean) =>
  headerRefs([
    "X-Request-Id",
    ...(status === 401 ? (["WWW-Authenticate"] as const) : []),
    ...(codes.some((code) => failures[code].retry === "later") ? (["Retry-After"] as const) : []),
    ...(metered && status !== 401 ? meteredHeaders : []),
  ]);

/** Of answers that say what is left. */
export const meteredHeaders = ["RateLimit", "RateLimit-Policy", "X-Credits-Remaining"] as const;

export const headerRefs = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
