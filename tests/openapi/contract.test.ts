import { describe, expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import { bodiesNear, valuesOf } from "./bodies.ts";
import { document, mistakeIn, mistakeInAnswer, pointerTo } from "./reply-schemas.ts";
import { everyOperation } from "./world.ts";

jest.setTimeout(180_000);

const { operations, ask } = await everyOperation();
const named = operations.map((operation) => ({
  name: `${operation.method} ${operation.path}`,
  operation,
}));

type Operation = (typeof operations)[number];

const bodyOf = ({ method, path }: Operation) =>
  document.paths[path]?.[method.toLowerCase()]?.requestBody?.content["application/json"];

const bodyPointer = ({ method, path }: Operation) =>
  pointerTo(
    "paths",
    path,
    method.toLowerCase(),
    "requestBody",
    "content",
    "application/json",
    "schema",
  );

/** Asks, and holds the answer against the document. */
async function expectDocumented(operation: Operation, asked: Parameters<typeof ask>[1]) {
  const { answer, sample } = await ask(operation, asked);
  expect(mistakeInAnswer(operation.method, operation.path, answer)).toBeUndefined();
  expect(answer.statusCode).not.toBe(500);
  return { status: answer.statusCode, sample };
}

describe("a good request", () => {
  it.each(named)("to $name is answered as documented", async ({ operation }) => {
    const { status, sample } = await expectDocumented(operation, () => ({}));
    expect(status).toBe(sample.status);
  });
});

describe("a success as a table", () => {
  const tables = named.filter(({ operation }) => operation.declaration.table);

  it.each(tables)("of $name is answered as documented", async ({ operation }) => {
    const headers = { Accept: "text/csv" };
    const { answer } = await ask(operation, () => ({ headers }));
    expect(answer.headers).toMatchObject({ "Content-Type": "text/csv; charset=utf-8" });
    expect(mistakeInAnswer(operation.method, operation.path, answer)).toBeUndefined();
  });

  it("is one of the usage", () => {
    expect(tables.map(({ name }) => name)).toEqual(["GET /v1/monitoring/usage"]);
  });
});

/** Runs of each property for each operation: all of it has to fit into every run of the suite. */
const numRuns = 8;

describe("any body", () => {
  const withBody = named.filter(({ operation }) => bodyOf(operation));

  it.each(withBody)(
    "of $name is answered as documented, and refused where the document refuses it",
    async ({ operation }) => {
      const { schema, example } = bodyOf(operation) as {
        schema: object;
        example: Record<string, unknown>;
      };
      const bodies = fc.oneof(
        { arbitrary: bodiesNear(example, schema), weight: 6 },
        { arbitrary: valuesOf(schema), weight: 2 },
        { arbitrary: fc.jsonValue(), weight: 1 },
      );
      await fc.assert(
        fc.asyncProperty(bodies, async (body) => {
          const sent: unknown = JSON.parse(JSON.stringify(body));
          const { status, sample } = await expectDocumented(operation, () => ({ body: sent }));
          const mistake = mistakeIn(bodyPointer(operation), sent);
          const good = status < 400;
          expect({ status, good, mistake }).toEqual({
            status: good ? sample.status : status,
            good: good && mistake === undefined,
            mistake,
          });
        }),
        { numRuns },
      );
    },
  );
});

const texts = fc.string({ unit: "binary", maxLength: 40 });
const words = fc.oneof(
  texts,
  fc.constantFrom("true", "1", "-1", "", "65a000000000000000000001", "$ne"),
);

/** Headers can't hold control characters, and API Gateway sends none. */
const headerTexts = fc.string({ maxLength: 300 });

const anyRequest = fc.record(
  {
    text: fc.oneof(fc.constantFrom(null, "", "{", "[]", "null"), texts),
    token: fc.oneof(
      fc.constant(undefined),
      fc.constantFrom("session", "key", "refresh"),
      headerTexts,
    ),
    query: fc.dictionary(fc.constantFrom("all", "page", "limit", "$where"), words, { maxKeys: 2 }),
    path: fc.dictionary(fc.constantFrom("id", "file"), words, { maxKeys: 2 }),
    headers: fc.record(
      {
        "Content-Type": fc.constantFrom(
          "application/json",
          "text/plain",
          "application/json; charset=utf-16",
          "",
        ),
        "Idempotency-Key": fc.oneof(headerTexts, texts),
        "X-Request-Id": headerTexts,
        Accept: fc.constantFrom("*/*", "text/event-stream", "text/csv"),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

describe("any request", () => {
  it.each(named)("to $name is answered as documented", async ({ operation }) => {
    await fc.assert(
      fc.asyncProperty(anyRequest, async ({ token, ...request }) => {
        await expectDocumented(operation, (_, who) => {
          const own: Record<string, string> = {
            session: who.token,
            key: who.apiKey,
            refresh: who.refreshToken,
          };
          return token === undefined ? request : { ...request, token: own[token] ?? token };
        });
      }),
      { numRuns },
    );
  });
});
