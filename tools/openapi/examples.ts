import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A schema of the finished document, as far as examples are made from it. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  format?: string;
  pattern?: string;
  minimum?: number;
  anyOf?: Schema[];
  oneOf?: Schema[];
  propertyNames?: Schema;
  additionalProperties?: Schema | boolean;
  properties?: Record<string, Schema>;
  items?: Schema;
}

/** What fields of answers hold, by name; others get a value of their kind. */
const known: Readonly<Record<string, unknown>> = {
  access_rtype: ["bpe", "tot"],
  allowed_addresses: ["203.0.113.0/24"],
  api_key: "pe_4fK2…",
  batch_id: "batch_0b54c1c6-6f0a-4c8e-9a55-2f7d3f5f1c11",
  content: "Hello! How can I help?",
  created: 1_795_426_200,
  docs: "/docs",
  email: "ada@example.com",
  error: null,
  error_code: null,
  completion_tokens: 6,
  finish_reason: "stop",
  index: 0,
  key_parameter: "/promptenchanter/prod/providers/openai",
  ip_address: "203.0.113.7",
  last_login: "2026-11-23T09:30:00.000Z",
  masked_key: "pe_4fK2…x9Qd",
  masked: "pe_4fK2…x9Qd",
  message: "It is done.",
  model: "gpt-4o-mini",
  name: "Ada Lovelace",
  owned_by: "promptenchanter",
  pending_email: null,
  prompt_tokens: 9,
  refresh_token: "per_7hT9…",
  session_token: "pes_2mW5…",
  subscription_plan: "free",
  title: "A page",
  total_tokens: 15,
  url: "https://example.com/page",
  user_agent: "curl/8.14.1",
  username: "ada_lovelace",
  version: "0.1.0",
};

/** By schema and field, where a name means different things. */
const knownIn: Readonly<Record<string, unknown>> = {
  "KeyView.name": "ci",
  "Model.id": "pe-low",
  "ChatReply.id": "chatcmpl-9f2c41",
  "ChatEvent.id": "chatcmpl-9f2c41",
};

/** An example of what a schema describes. `schemas` are the document's components. */
export function exampleOf(
  schema: Schema,
  schemas: Readonly<Record<string, Schema>>,
  { field = "", owner = "" }: { field?: string; owner?: string } = {},
): unknown {
  const name = schema.$ref?.split("/").at(-1);
  if (name !== undefined) {
    const target = schemas[name];
    if (!target) throw new Error(`the document has no schema ${name}`);
    return exampleOf(target, schemas, { field, owner: name });
  }
  const fixed =
    knownIn[`${owner}.${field}`] ?? (fits(schema, known[field]) ? known[field] : undefined);
  if (fixed !== undefined) return fixed;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) {
    const [first = {}] = choices.filter(({ type }) => type !== "null");
    return exampleOf(first, schemas, { field, owner });
  }
  if (isObject(schema)) {
    return Object.fromEntries(
      Object.entries(membersOf(schema, schemas)).map(([key, value]) => [
        key,
        exampleOf(value, schemas, { field: key, owner }),
      ]),
    );
  }
  const type = [schema.type].flat()[0];
  if (type === "array") return [exampleOf(schema.items ?? {}, schemas, { field, owner })];
  if (type === "boolean") return true;
  if (type === "integer" || type === "number") return Math.max(schema.minimum ?? 0, 1);
  return type === "string" ? textOf(schema, field) : null;
}

/** Whether a value of `known` is of a schema's kind: fields of one name may be of several. */
const fits = (schema: Schema, value: unknown): boolean =>
  !isObject(schema) && !(typeof value === "string" && [schema.type].flat().includes("integer"));

/** What an object names, also where it is a record of given keys. */
function membersOf(
  { properties, propertyNames, additionalProperties }: Schema,
  schemas: Readonly<Record<string, Schema>>,
): Record<string, Schema> {
  if (properties) return properties;
  if (typeof additionalProperties !== "object") return {};
  const names = propertyNames?.$ref
    ? schemas[propertyNames.$ref.split("/").at(-1) ?? ""]
    : propertyNames;
  const keys = (names?.enum ?? []) as string[];
  return Object.fromEntries(keys.map((key) => [key, additionalProperties]));
}

const isObject = ({ type, properties }: Schema): boolean =>
  [type].flat().includes("object") || properties !== undefined;

function textOf({ format, pattern }: Schema, field: string): string {
  if (format === "date") return "2026-11-23";
  if (format === "date-time") return "2026-11-23T09:30:00.000Z";
  if (pattern?.includes("24")) return "65a000000000000000000001";
  return field.replaceAll("_", " ");
}

/** The body of the event in events/ that is named as a function's file is; undefined if it has none. */
export function requestExample(directory: string, file: string): unknown {
  const path = join("events", `${file}.json`);
  let event: { body: string | null };
  try {
    event = JSON.parse(readFileSync(join(directory, path), "utf8"));
  } catch (cause) {
    throw new Error(`${path}: there has to be one real event of each endpoint.`, { cause });
  }
  return event.body === null ? undefined : JSON.parse(event.body);
}
