import * as z from "zod";
import {
  createDocument,
  type ZodOpenApiPathItemObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
} from "zod-openapi";
import { serviceName } from "../../lib/monitoring/rules.ts";
import { version } from "../../lib/version.ts";
import { type ExampledDocument, withExamples } from "./answer-examples.ts";
import { headOf, requestOf, successOf } from "./describe.ts";
import { failureResponses, OpenAiError, Problem } from "./failures.ts";
import { nameSchemas } from "./names.ts";
import { type Operation, readOperations } from "./operations.ts";
import { introduction, responseHeaders, securitySchemes, tags } from "./words.ts";

/**
 * The OpenAPI document of the service in `directory`, from its serverless.yml, what its endpoints
 * declare, and events/.
 * @throws Error that says what is missing, and where to add it
 */
export async function openApiDocument(directory: string): Promise<ExampledDocument> {
  await nameSchemas(directory);
  const operations = await readOperations(directory);
  const areas = new Set(operations.map(({ area }) => area));
  const parts = operations.map((operation) => ({
    operation,
    failed: failureResponses(
      operation.path,
      operation.declaration.fails,
      operation.declaration.metered,
    ),
  }));
  const bodies = new Set<unknown>(operations.map(({ declaration }) => declaration.body));
  const document = createDocument(
    {
      openapi: "3.1.1",
      info: { title: `${serviceName} API`, version, description: introduction, license },
      // Relative, so that it is the stage or stack that the document came from.
      servers: [{ url: "./", description: "Where this document is served" }],
      tags: Object.entries(tags).flatMap(([area, tag]) => (areas.has(area) ? [tag] : [])),
      paths: pathsOf(parts, directory),
      components: {
        schemas: {
          Problem,
          OpenAiError,
          // Streams name their events in words, so that nothing else brings the schema in.
          ...Object.fromEntries(
            operations.flatMap(({ declaration: { events } }) =>
              events ? [[z.globalRegistry.get(events)?.id, events]] : [],
            ),
          ),
        },
        securitySchemes,
        headers: responseHeaders,
        responses: Object.fromEntries(
          parts.flatMap(({ failed }) =>
            [...failed.byStatus.values()].map(({ name, response }) => [name, response]),
          ),
        ) as Record<string, ZodOpenApiResponseObject>,
        examples: Object.fromEntries(
          parts.flatMap(({ failed }) =>
            failed.examples.map(({ name, example }) => [name, example]),
          ),
        ),
      },
    },
    {
      allowEmptySchema: { custom: true },
      override: ({ zodSchema, jsonSchema, io }) => {
        const { type } = zodSchema._zod.def;
        // What is sent of a codec is its input's form; the library would describe what is inside.
        if (io === "output" && type === "pipe") {
          Object.assign(jsonSchema, z.toJSONSchema(zodSchema, { io: "input" }));
        }
        // The builder makes bodies strict; answers may have more members in a later version.
        if (io === "input" && bodies.has(zodSchema)) jsonSchema.additionalProperties = false;
        if (io === "output" && jsonSchema.additionalProperties === false) {
          delete jsonSchema.additionalProperties;
        }
      },
    },
  );
  return withExamples(document as unknown as ExampledDocument);
}

const license = { name: "MIT", identifier: "MIT" };

interface Part {
  operation: Operation;
  failed: ReturnType<typeof failureResponses>;
}

function pathsOf(parts: readonly Part[], directory: string): ZodOpenApiPathsObject {
  const paths: Record<string, ZodOpenApiPathItemObject> = {};
  for (const { operation, failed } of parts) {
    const { path, method } = operation;
    const failures = [...failed.byStatus].map(([status, { name }]) => [
      status,
      { $ref: `#/components/responses/${name}` },
    ]);
    const responses = Object.fromEntries([successOf(operation), ...failures]);
    paths[path] = {
      ...paths[path],
      [method.toLowerCase()]: {
        ...headOf(operation),
        ...requestOf(operation, directory),
        responses,
      },
    };
  }
  return paths;
}
