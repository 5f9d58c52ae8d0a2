import { describe, expect, it } from "@jest/globals";
import * as z from "zod";
import { Failure } from "../../lib/errors.ts";
import { guarding } from "../../lib/http/guards/guard.ts";
import type { Proof } from "../../lib/security/proof.ts";
import { apiEvent, lambdaContext } from "../support/api-event.ts";
import { testBuilder } from "../support/endpoint.ts";

const json = { "content-type": "application/json" };
const Named = z.object({ name: z.string().min(2), tags: z.array(z.string()).optional() });
const Greeting = z.object({ greeting: z.string() });

function greeter() {
  const world = testBuilder();
  let runs = 0;
  const handler = world.endpoint({
    body: Named,
    reply: Greeting,
    status: 201,
    run: ({ body }) => {
      runs += 1;
      return { greeting: `hello ${body.name}`, password: "never sent" };
    },
  });
  const post = (body: string | null, headers: Record<string, string> = json) =>
    handler(apiEvent({ method: "POST", body, headers }), lambdaContext());
  return { ...world, post, runs: () => runs };
}

describe("an endpoint", () => {
  it("answers with its status and only the fields of its reply", async () => {
    const answer = await greeter().post('{"name":"ada"}');
    expect(answer.statusCode).toBe(201);
    expect(JSON.parse(answer.body)).toEqual({ greeting: "hello ada" });
    expect(answer.headers).toMatchObject({
      "Content-Type": "application/json",
      "Cache-Control": "no-store",
      "X-Request-Id": "request-1",
      "X-Content-Type-Options": "nosniff",
      "Strict-Transport-Security": expect.stringContaining("max-age=63072000"),
    });
  });

  it("reads a body that API Gateway encoded as base64", async () => {
    const world = testBuilder();
    const handler = world.endpoint({
      body: Named,
      reply: Greeting,
      run: ({ body }) => ({ greeting: body.name }),
    });
    const body = Buffer.from('{"name":"größe"}').toString("base64");
    const answer = await handler(
      apiEvent({ method: "POST", headers: json, body, isBase64Encoded: true }),
      lambdaContext(),
    );
    expect(JSON.parse(answer.body)).toEqual({ greeting: "größe" });
  });

  it.each<[string, string | null, Record<string, string>, number, string, object[]]>([
    [
      "malformed JSON with its position",
      '{\n  "name": ada\n}',
      json,
      400,
      "MALFORMED_JSON",
      [{ path: "", message: "Line 2, column 11: this is not JSON." }],
    ],
    [
      "an object that ends too early",
      '{"name": "ada"',
      json,
      400,
      "MALFORMED_JSON",
      [{ path: "", message: "Line 1, column 15: this is not JSON." }],
    ],
    [
      "a prototype key",
      '{"name":"ada","__proto__":{"admin":true}}',
      json,
      400,
      "MALFORMED_JSON",
      [
        {
          path: "",
          message:
            "This is not JSON, is nested too deeply, or names a forbidden key such as __proto__.",
        },
      ],
    ],
    [
      "lists in lists beyond what can be read",
      `${"[".repeat(100_000)}${"]".repeat(100_000)}`,
      json,
      400,
      "MALFORMED_JSON",
      [{ path: "", message: expect.stringContaining("nested too deeply") }],
    ],
    [
      "a key that stands twice",
      '{"name":"ada","name":"eve"}',
      json,
      400,
      "MALFORMED_JSON",
      [{ path: "", message: "An object names one of its keys twice." }],
    ],
    [
      "another content type",
      "name=ada",
      { "content-type": "application/x-www-form-urlencoded" },
      415,
      "UNSUPPORTED_MEDIA_TYPE",
      [],
    ],
    ["no content type", '{"name":"ada"}', {}, 415, "UNSUPPORTED_MEDIA_TYPE", []],
    [
      "a body above 1 MiB",
      // Counted in bytes: each of these characters is two.
      JSON.stringify({ name: "é".repeat(524_288) }),
      json,
      413,
      "BODY_TOO_LARGE",
      [],
    ],
    [
      "no body",
      null,
      json,
      422,
      "VALIDATION_FAILED",
      [{ path: "", message: "The body is missing. One without fields is sent as {}." }],
    ],
    [
      "a body that is no object",
      "[]",
      json,
      422,
      "VALIDATION_FAILED",
      [{ path: "", message: "The body must be an object." }],
    ],
    [
      "a missing field",
      "{}",
      json,
      422,
      "VALIDATION_FAILED",
      [{ path: "name", message: expect.any(String) }],
    ],
    [
      "a wrong type deep inside",
      '{"name":"ada","tags":["a",1]}',
      json,
      422,
      "VALIDATION_FAILED",
      [{ path: "tags[1]", message: expect.any(String) }],
    ],
    [
      "every unknown field by name",
      '{"name":"ada","role":"admin","x":1}',
      json,
      422,
      "VALIDATION_FAILED",
      [
        { path: "role", message: "is not known here" },
        { path: "x", message: "is not known here" },
      ],
    ],
  ])("refuses %s and does not run", async (_, body, headers, status, code, errors) => {
    const world = greeter();
    const answer = await world.post(body, headers);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers?.["Content-Type"]).toBe("application/problem+json");
    expect(JSON.parse(answer.body)).toMatchObject({
      type: `/docs/errors#${code.toLowerCase()}`,
      status,
      code,
      errors,
      success: false,
      request_id: "request-1",
    });
    expect(world.runs()).toBe(0);
  });

  it("takes a body of exactly 1 MiB", async () => {
    const frame = JSON.stringify({ name: "" }).length;
    const answer = await greeter().post(JSON.stringify({ name: "a".repeat(1_048_576 - frame) }));
    expect(answer.statusCode).toBe(201);
  });

  it("asks the guard before it judges the body, so that strangers learn nothing", async () => {
    const { endpoint } = testBuilder();
    const handler = endpoint({
      guard: guarding({ security: [], fails: ["NOT_FOUND"] }, (): { caller: string } => {
        throw new Failure("NOT_FOUND");
      }),
      body: Named,
      reply: Greeting,
      run: () => ({ greeting: "never" }),
    });
    const answer = await handler(
      apiEvent({ method: "POST", headers: json, body: "{" }),
      lambdaContext(),
    );
    expect(answer.statusCode).toBe(404);
  });

  it("gives the operation what the guard found out", async () => {
    const { endpoint } = testBuilder();
    const handler = endpoint({
      guard: guarding({ security: [], fails: [] }, (request) => ({
        caller: `someone at ${request.ip}`,
      })),
      reply: Greeting,
      run: ({ caller }) => ({ greeting: caller }),
    });
    const answer = await handler(apiEvent({ ip: "198.51.100.1" }), lambdaContext());
    expect(JSON.parse(answer.body)).toEqual({ greeting: "someone at 198.51.100.1" });
  });

  it("refuses unknown and malformed query parameters by name", async () => {
    const { endpoint } = testBuilder();
    const handler = endpoint({
      query: z.object({ page: z.coerce.number().int().min(1).default(1) }),
      reply: z.object({ page: z.number() }),
      run: ({ query }) => query,
    });
    const ask = async (query: Record<string, string>) => {
      const answer = await handler(apiEvent({ query }), lambdaContext());
      return [answer.statusCode, JSON.parse(answer.body)];
    };
    expect(await ask({})).toEqual([200, { page: 1 }]);
    expect(await ask({ page: "3" })).toEqual([200, { page: 3 }]);
    expect((await ask({ page: "0" }))[1]).toMatchObject({ errors: [{ path: "page" }] });
    expect((await ask({ pages: "2" }))[1]).toMatchObject({ errors: [{ path: "pages" }] });
  });

  it("answers 404 to a path whose parameter has the wrong form", async () => {
    const { endpoint } = testBuilder();
    const handler = endpoint({
      path: z.object({ id: z.string().regex(/^[0-9a-f]{24}$/) }),
      reply: z.object({ id: z.string() }),
      run: ({ path }) => path,
    });
    const ask = async (id: string) =>
      (await handler(apiEvent({ pathParameters: { id } }), lambdaContext())).statusCode;
    expect(await ask("0123456789abcdef01234567")).toBe(200);
    expect(await ask("42")).toBe(404);
  });

  it("answers 500 to an unexpected error, telling nothing and logging everything", async () => {
    const { endpoint, lines } = testBuilder();
    const handler = endpoint({
      reply: Greeting,
      run: () => {
        throw new Error("connection string was mongodb://somewhere");
      },
    });
    const answer = await handler(apiEvent(), lambdaContext());
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain("mongodb");
    expect(JSON.parse(answer.body)).toMatchObject({
      code: "INTERNAL_ERROR",
      request_id: "request-1",
    });
    const failure = lines.find((line) => line.message === "failure")?.fields;
    expect(failure).toMatchObject({ request_id: "request-1", code: "INTERNAL_ERROR" });
    expect(failure).toHaveProperty(
      "error.cause.message",
      "connection string was mongodb://somewhere",
    );
  });

  it("answers 500 when an operation returns what its reply does not allow", async () => {
    const { endpoint } = testBuilder();
    const handler = endpoint({
      reply: Greeting,
      run: () => ({ greeting: 42 as unknown as string }),
    });
    expect((await handler(apiEvent(), lambdaContext())).statusCode).toBe(500);
  });

  it("answers before Lambda's own timeout would cut it off", async () => {
    const { endpoint, lines } = testBuilder();
    const handler = endpoint({ reply: Greeting, run: () => new Promise<never>(() => undefined) });
    const answer = await handler(apiEvent(), lambdaContext(350));
    expect(answer.statusCode).toBe(500);
    expect(lines.some((line) => line.message === "failure")).toBe(true);
  });

  it("logs one line a request and measures it", async () => {
    const { endpoint, lines, measures } = testBuilder();
    const handler = endpoint({ reply: Greeting, run: () => ({ greeting: "hello" }) });
    await handler(
      apiEvent({
        resource: "/v1/things/{id}",
        path: "/v1/things/7",
        headers: { "X-Request-Id": "mine" },
      }),
      lambdaContext(),
    );
    expect(lines).toEqual([
      {
        level: "info",
        message: "request",
        fields: {
          request_id: "request-1",
          client_request_id: "mine",
          method: "GET",
          route: "/v1/things/{id}",
          path: "/v1/things/7",
          status: 200,
          code: undefined,
          duration_ms: expect.any(Number),
          ip: "203.0.113.7",
          user_agent: "test-agent/1.0",
        },
      },
    ]);
    expect(measures).toEqual([
      { route: "GET /v1/things/{id}", status: 200, duration: expect.any(Number) },
    ]);
  });

  it("makes a request id of its own whatever the caller sends", async () => {
    const { endpoint } = testBuilder();
    const handler = endpoint({ reply: Greeting, run: ({ request }) => ({ greeting: request.id }) });
    const answer = await handler(
      apiEvent({ headers: { "x-request-id": "chosen" } }),
      lambdaContext(),
    );
    expect(JSON.parse(answer.body).greeting).toBe("request-1");
    expect(answer.headers?.["X-Request-Id"]).toBe("request-1");
  });

  it.each(["/v1/chat/completions", "/v1/prompt/completions", "/v1/batch/process", "/v1/models"])(
    "fails in OpenAI's shape under %s",
    async (path) => {
      const { endpoint } = testBuilder();
      const handler = endpoint({
        body: Named,
        reply: Greeting,
        run: () => ({ greeting: "never" }),
      });
      const answer = await handler(
        apiEvent({ method: "POST", resource: path, headers: json, body: "{}" }),
        lambdaContext(),
      );
      expect(answer.statusCode).toBe(400);
      expect(JSON.parse(answer.body)).toEqual({
        error: {
          message: expect.stringContaining("name"),
          type: "invalid_request_error",
          code: "VALIDATION_FAILED",
          param: "name",
          request_id: "request-1",
        },
      });
    },
  );
});

describe("the place that a guard took for a proof of the password", () => {
  /** An endpoint whose guard took a place, and what became of it. */
  async function asked(ends: () => object, gives: () => Promise<void> = async () => undefined) {
    const { endpoint, lines } = testBuilder();
    let given = 0;
    const giveBack = () => {
      given += 1;
      return gives();
    };
    const handler = endpoint({
      guard: guarding({ security: [], fails: [] }, (_request, _event, context) => {
        context.proof = { giveBack } as unknown as Proof;
        return ends();
      }),
      reply: z.object({}),
      run: () => ({}),
    });
    const { statusCode } = await handler(apiEvent(), lambdaContext());
    return { given, statusCode, lines };
  }
  const throwing = (error: unknown) => () => {
    throw error;
  };

  it.each<[string, number, () => object]>([
    ["a success", 200, () => ({})],
    ["a failure", 409, throwing(new Failure("TOTP_ACTIVE"))],
    ["a fault", 500, throwing(new Error("a fault"))],
  ])("is given back after %s", async (_, status, ends) => {
    expect(await asked(ends)).toMatchObject({ given: 1, statusCode: status });
  });

  it("is given back also where the database was away, but nobody waits for that twice", async () => {
    const away = throwing(new Failure("DATABASE_UNAVAILABLE"));
    const never = () => new Promise<void>(() => {});
    expect(await asked(away, never)).toMatchObject({ given: 1, statusCode: 503 });
  });

  it.each<[number, () => object]>([
    [200, () => ({})],
    [409, throwing(new Failure("TOTP_ACTIVE"))],
  ])("changes no answer if it can't be given back: %i", async (status, ends) => {
    const { statusCode, lines } = await asked(ends, async () => {
      throw new Error("away");
    });
    expect(statusCode).toBe(status);
    expect(lines).toContainEqual(expect.objectContaining({ level: "warn" }));
  });
});

describe("CORS", () => {
  const ask = async (corsOrigins: string[], method: string, origin?: string) => {
    const { endpoint } = testBuilder({ corsOrigins });
    const handler = endpoint({ reply: Greeting, run: () => ({ greeting: "hello" }) });
    const headers = origin === undefined ? {} : { Origin: origin };
    return handler(apiEvent({ method, headers }), lambdaContext());
  };

  it("lets a listed origin read the answer, and no other", async () => {
    const origins = ["https://app.example.com"];
    const listed = await ask(origins, "GET", "https://app.example.com");
    expect(listed.headers?.["Access-Control-Allow-Origin"]).toBe("https://app.example.com");
    expect(listed.headers?.Vary).toContain("Origin");
    const other = await ask(origins, "GET", "https://evil.example.com");
    expect(other.headers?.["Access-Control-Allow-Origin"]).toBeUndefined();
  });

  it("lets nobody in when nothing is configured", async () => {
    const answer = await ask([], "GET", "https://app.example.com");
    expect(answer.headers?.["Access-Control-Allow-Origin"]).toBeUndefined();
  });

  it("lets anybody in with *, without credentials", async () => {
    const answer = await ask(["*"], "GET", "https://app.example.com");
    expect(answer.headers?.["Access-Control-Allow-Origin"]).toBe("*");
    expect(answer.headers?.["Access-Control-Allow-Credentials"]).toBeUndefined();
  });

  it("answers a preflight without running anything", async () => {
    const answer = await ask(["https://app.example.com"], "OPTIONS", "https://app.example.com");
    expect(answer.statusCode).toBe(204);
    expect(answer.headers).toMatchObject({
      "Access-Control-Allow-Origin": "https://app.example.com",
      "Access-Control-Allow-Headers": expect.stringContaining("Authorization"),
      "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, OPTIONS",
      "X-Request-Id": expect.any(String),
      "Strict-Transport-Security": expect.any(String),
    });
  });

  it("lets a listed origin read failures too", async () => {
    const { endpoint } = testBuilder({ corsOrigins: ["https://app.example.com"] });
    const handler = endpoint({
      reply: Greeting,
      run: () => {
        throw new Failure("NOT_FOUND");
      },
    });
    const answer = await handler(
      apiEvent({ headers: { Origin: "https://app.example.com" } }),
      lambdaContext(),
    );
    expect(answer.statusCode).toBe(404);
    expect(answer.headers?.["Access-Control-Allow-Origin"]).toBe("https://app.example.com");
  });
});
