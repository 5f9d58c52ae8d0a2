import { readFileSync } from "node:fs";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { ExampledDocument } from "../../tools/openapi/answer-examples.ts";

/** docs/openapi.json, as clients get it. */
export const document: ExampledDocument = JSON.parse(readFileSync("docs/openapi.json", "utf8"));

/** An object that names its members has no others: for answers, so that nothing undocumented is sent. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, closed(value)]),
  );
  const named = inner.type === "object" && inner.properties !== undefined;
  return named ? { additionalProperties: false, ...inner } : inner;
}

function checker(schemas: unknown) {
  const ajv = new Ajv2020.default({ strict: false, allErrors: true, validateFormats: true });
  addFormats.default(ajv);
  ajv.addSchema({ ...document, components: { ...document.components, schemas } }, "document");
  return (pointer: string, value: unknown): string | undefined => {
    const validate = ajv.getSchema(`document#${pointer}`);
    if (!validate) throw new Error(`no schema at ${pointer}`);
    return validate(value) ? undefined : ajv.errorsText(validate.errors);
  };
}

/** What is wrong with a value by the schema at a place of the document; undefined if nothing is. */
export const mistakeIn = checker(document.components.schemas);

/** The same of an answer, in which nothing is that the document doesn't name. */
const mistakeInReply = checker(closed(document.components.schemas));

const escaped = (part: string): string =>
  encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));

export const pointerTo = (...parts: string[]): string =>
  parts.map((part) => `/${escaped(part)}`).join("");

interface Answer {
  statusCode: number;
  headers?: Record<string, string | number | boolean> | undefined;
  body: string;
}

/** What is wrong with an answer by the document; undefined if nothing is. */
export function mistakeInAnswer(method: string, path: string, answer: Answer): string | undefined {
  const operation = document.paths[path]?.[method.toLowerCase()];
  const status = String(answer.statusCode);
  const declared = operation?.responses[status];
  if (!declared) return `${status} is not documented: ${answer.body.slice(0, 300)}`;
  const type = String(answer.headers?.["Content-Type"]).split(";")[0] ?? "";
  const ref = declared.$ref?.slice("#/components/responses/".length);
  const response = ref === undefined ? declared : document.components.responses[ref];
  if (!response?.content?.[type]) return `${status} as ${type} is not documented`;
  if (answer.headers?.["X-Request-Id"] === undefined) return "it has no X-Request-Id";
  if (type === "text/event-stream") return mistakeInStream(answer.body);
  const at =
    ref === undefined
      ? pointerTo("paths", path, method.toLowerCase(), "responses", status)
      : pointerTo("components", "responses", ref);
  const pointer = `${at}${pointerTo("content", type, "schema")}`;
  return mistakeInReply(pointer, type.endsWith("json") ? JSON.parse(answer.body) : answer.body);
}

/** Each event is what the document says, or a failure, and the last is `[DONE]` unless it failed. */
function mistakeInStream(text: string): string | undefined {
  const events = text
    .split("\n\n")
    .flatMap((block) => (block.startsWith("data: ") ? [block.slice(6)] : []));
  for (const event of events) {
    if (event === "[DONE]") continue;
    const schema = "error" in JSON.parse(event) ? "OpenAiError" : "ChatEvent";
    const mistake = mistakeInReply(pointerTo("components", "schemas", schema), JSON.parse(event));
    if (mistake) return `${mistake} in ${event}`;
  }
  return events.at(-1) === "[DONE]" || events.at(-1)?.includes('"error"') ? undefined : "no [DONE]";
}
