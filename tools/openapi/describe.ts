import * as z from "zod";
import type { ZodOpenApiResponseObject } from "zod-openapi";
import { requestExample } from "./examples.ts";
import { headerRefs, meteredHeaders } from "./failures.ts";
import type { Operation } from "./operations.ts";
import { requestHeaders, tags } from "./words.ts";

/**
 * What an operation is called, where it stands in the document, and who may ask.
 * @throws Error if its folder has no tag
 */
export function headOf({ area, id, summary, aliasOf, declaration: { security } }: Operation) {
  const tag = tags[area];
  if (!tag) throw new Error(`tools/openapi/words.ts has no tag for functions/${area}.`);
  return {
    operationId: id,
    summary,
    tags: [tag.name],
    ...(aliasOf !== undefined && aliasWords(area, aliasOf)),
    security: security.map((scheme) => ({ [scheme]: [] })),
  };
}

/** Staff find what is for all of them under either of their prefixes; other aliases are the former API's. */
const aliasWords = (area: string, aliasOf: string) =>
  area.startsWith("staff")
    ? { description: `The same as \`${aliasOf}\`.` }
    : { deprecated: true, description: `As the former API called \`${aliasOf}\`.` };

/** Its parameters, headers and body, with the event of events/ as the example. */
export function requestOf({ file, path, declaration }: Operation, directory: string) {
  const { body, query, headers } = declaration;
  const example = requestExample(directory, file);
  return {
    requestParams: {
      path: declaration.path ?? looseParameters(path),
      ...(query && { query }),
    },
    parameters: headers.map((name) => ({
      in: "header" as const,
      name,
      ...requestHeaders[name as keyof typeof requestHeaders],
    })),
    ...(body && {
      requestBody: {
        required: true,
        content: { "application/json": { schema: body, example } },
      },
    }),
  };
}

/** The parameters of a path whose endpoint takes any text for them. */
const looseParameters = (path: string) =>
  z.object(
    Object.fromEntries([...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => [name, z.string()])),
  );

/** Its success, by its status. */
export function successOf({ declaration }: Operation): [string, ZodOpenApiResponseObject] {
  const { reply, types, status, table, events, metered, versioned } = declaration;
  return [
    String(status),
    {
      description: status === 201 ? "Made." : "Done.",
      headers: headerRefs([
        "X-Request-Id",
        ...(versioned ? (["ETag"] as const) : []),
        ...(metered ? [...meteredHeaders, "Server-Timing", "Idempotency-Replayed"] : []),
      ]),
      content: {
        ...Object.fromEntries(types.map((type) => [type, { schema: reply }])),
        ...(table && { "text/csv": tableOf(table.names) }),
        ...(events && { "text/event-stream": { schema: eventsOf(events) } }),
      },
    },
  ];
}

/** A table begins with the names of its columns; what they mean stands with the fields of the JSON. */
function tableOf(names: readonly string[]) {
  const head = names.join(",");
  const description =
    "RFC 4180, for who prefers `text/csv` by `Accept`: the names of the columns, then a line for each record.";
  return {
    schema: { type: "string" as const, description, pattern: `^${head}\\r\\n` },
    example: `${head}\r\n`,
  };
}

/** OpenAPI 3.1 has no words for the events of a stream, so a sentence names their schema. */
function eventsOf(events: z.ZodType): { type: "string"; description: string } {
  const id = z.globalRegistry.get(events)?.id;
  if (id === undefined) throw new Error("Export the schema of `events` from a file of lib/.");
  return {
    type: "string",
    description: `Events whose \`data\` is a \`${id}\` as JSON (#/components/schemas/${id}), and \`[DONE]\` as the last.`,
  };
}
