import { readFileSync } from "node:fs";
import { describe, expect, it, jest } from "@jest/globals";
import { Validator } from "@seriousme/openapi-schema-validator";
import { failures } from "../../lib/errors.ts";
import { openApiText } from "../../tools/openapi.ts";
import { declaredRoutes } from "./declared-routes.ts";
import { document, mistakeIn, pointerTo } from "./reply-schemas.ts";

jest.setTimeout(60_000);

const text = readFileSync("docs/openapi.json", "utf8");

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

/** Every object in a value. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>;
  for (const inner of Object.values(value)) yield* objectsIn(inner);
}

describe("docs/openapi.json", () => {
  it("is what the endpoints declare (npm run docs:openapi writes it)", async () => {
    expect(text).toBe(await openApiText());
  });

  it("is OpenAPI 3.1", async () => {
    const result = await new Validator().validate(JSON.parse(text));
    expect(result).toMatchObject({ valid: true });
    expect(document.openapi).toMatch(/^3\.1\./);
  });

  it("has every endpoint that a functions.yml declares, and no other", () => {
    const documented = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(documented.sort()).toEqual(declaredRoutes());
  });

  it("points at nothing that isn't there", () => {
    const refs = [...objectsIn(document)].flatMap(({ $ref }) =>
      typeof $ref === "string" ? [$ref] : [],
    );
    expect(refs.length).toBeGreaterThan(100);
    for (const ref of refs) {
      const found = ref
        .slice("#/".length)
        .split("/")
        .reduce<unknown>(
          (at, part) => (at as Record<string, unknown> | undefined)?.[part],
          document,
        );
      expect({ ref, found }).toEqual({ ref, found: expect.anything() });
    }
  });

  it("calls each operation by a name of its own", () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("names nothing by which a reader could reach the service's inside", () => {
    expect(text).not.toMatch(/mongodb:\/\/|passwordHash|TOKEN_SECRET|ObjectId/);
  });

  it("tells the text of each code where it may be answered", () => {
    const said = new Map(
      Object.entries(document.components.responses).map(([name, { description }]) => [
        name,
        description,
      ]),
    );
    for (const [name, description] of said) {
      for (const code of name.split(".").filter((part) => part in failures)) {
        const row = failures[code as keyof typeof failures];
        expect(description).toContain(`\`${code}\`: ${row.message} ${row.help}`);
      }
    }
  });
});

describe("an example", () => {
  it.each(operations.filter(({ operation }) => operation.requestBody))(
    "of the body of $method $path is a good one",
    ({ path, method, operation }) => {
      const media = operation.requestBody?.content["application/json"];
      const pointer = pointerTo(
        "paths",
        path,
        method,
        "requestBody",
        "content",
        "application/json",
        "schema",
      );
      expect(media?.example).toBeDefined();
      expect(mistakeIn(pointer, media?.example)).toBeUndefined();
    },
  );

  it.each(operations)(
    "of a success of $method $path has its form",
    ({ path, method, operation }) => {
      const [status = "", response] =
        Object.entries(operation.responses).find(([code]) => code < "300") ?? [];
      for (const [type, media] of Object.entries(response?.content ?? {})) {
        // Pages and files.
        if (/^text\/(?!csv|event-stream)/.test(type)) continue;
        const pointer = pointerTo(
          "paths",
          path,
          method,
          "responses",
          status,
          "content",
          type,
          "schema",
        );
        expect(media.example).toBeDefined();
        expect(mistakeIn(pointer, media.example)).toBeUndefined();
      }
    },
  );

  it.each(Object.entries(document.components.responses))("of %s has its form", (name, response) => {
    for (const [type, { examples = {} }] of Object.entries(response.content ?? {})) {
      const pointer = pointerTo("components", "responses", name, "content", type, "schema");
      expect(Object.keys(examples)).not.toEqual([]);
      for (const code of Object.keys(examples)) {
        const { $ref = "" } = examples[code] as { $ref?: string };
        const { value } = (
          document.components as never as { examples: Record<string, { value: unknown }> }
        ).examples[$ref.slice("#/components/examples/".length)] ?? { value: undefined };
        expect([code, mistakeIn(pointer, value)]).toEqual([code, undefined]);
      }
    }
  });
});
