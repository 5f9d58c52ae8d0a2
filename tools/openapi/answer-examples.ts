import { exampleOf } from "./examples.ts";

interface MediaType {
  schema: Record<string, unknown>;
  example?: unknown;
  examples?: Record<string, unknown>;
}

interface Response {
  $ref?: string;
  description: string;
  headers?: Record<string, unknown>;
  content?: Record<string, MediaType>;
}

interface DocumentedOperation {
  operationId: string;
  summary: string;
  deprecated?: boolean;
  security: Record<string, unknown[]>[];
  parameters?: {
    in: string;
    name: string;
    required?: boolean;
    schema: Record<string, unknown>;
  }[];
  requestBody?: { content: Record<string, MediaType> };
  responses: Record<string, Response>;
}

/** The finished document, as far as tests and examples read it. */
export interface ExampledDocument {
  openapi: string;
  paths: Record<string, Record<string, DocumentedOperation>>;
  components: {
    schemas: Record<string, Record<string, unknown>>;
    responses: Record<string, Response>;
  };
}

/** The document, with an example of every success. */
export function withExamples(document: ExampledDocument): ExampledDocument {
  const { schemas } = document.components;
  for (const operations of Object.values(document.paths)) {
    for (const { responses } of Object.values(operations)) {
      for (const [type, media] of Object.values(responses).flatMap(contentOf)) {
        media.example =
          type === "text/event-stream" ? eventText(schemas) : exampleOf(media.schema, schemas);
      }
    }
  }
  return document;
}

const contentOf = ({ content = {} }: Response): [string, MediaType][] =>
  Object.entries(content).filter(([type]) => type.endsWith("json") || type === "text/event-stream");

/** OpenAI's form of a stream, which all streams here have. */
function eventText(schemas: ExampledDocument["components"]["schemas"]): string {
  const event = exampleOf({ $ref: "#/components/schemas/ChatEvent" }, schemas);
  return `data: ${JSON.stringify(event)}\n\ndata: [DONE]\n\n`;
}
