import { describe, expect, it } from "@jest/globals";
import * as z from "zod";
import { Failure, type FailureCode } from "../../lib/errors.ts";
import { declarationOf, declaredAs } from "../../lib/http/declaration.ts";
import { anyToken } from "../../lib/http/guards/any-token.ts";
import { withIdempotencyKey } from "../../lib/http/guards/idempotency-key.ts";
import { gateDeclaration } from "../../lib/http/metered-declaration.ts";
import { apiEvent, lambdaContext } from "../support/api-event.ts";
import { asDeclared } from "../support/declared.ts";
import { testBuilder } from "../support/endpoint.ts";

const { endpoint } = testBuilder();
const Named = z.object({ name: z.string() });

describe("what an endpoint says of itself", () => {
  it("is what it declares, and every code its parts make possible", () => {
    const handler = endpoint({
      guard: withIdempotencyKey(anyToken),
      body: Named,
      path: Named,
      reply: Named,
      status: 201,
      fails: ["ALREADY_TAKEN"],
      run: () => ({ name: "ada" }),
    });
    expect(declarationOf(handler)).toEqual({
      security: ["anyToken"],
      headers: ["Idempotency-Key"],
      metered: false,
      versioned: false,
      types: ["application/json"],
      body: Named,
      query: undefined,
      path: Named,
      reply: Named,
      status: 201,
      events: undefined,
      fails: new Set<FailureCode>([
        "AUTHENTICATION_REQUIRED",
        "VALIDATION_FAILED",
        "MALFORMED_JSON",
        "BODY_TOO_LARGE",
        "UNSUPPORTED_MEDIA_TYPE",
        "NOT_FOUND",
        "ALREADY_TAKEN",
        "INTERNAL_ERROR",
      ]),
    });
  });

  it("has an Idempotency-Key and the refusals of prices only where there is a price", () => {
    const free = gateDeclaration({ scope: null });
    expect(free.headers).toEqual([]);
    expect(free.fails).not.toContain("CREDITS_EXHAUSTED");
    expect(free.fails).not.toContain("SCOPE_NOT_ALLOWED");
    const priced = gateDeclaration({ scope: "chat", price: () => undefined });
    expect(priced.headers).toEqual(["Idempotency-Key"]);
    expect(priced.fails).toEqual(
      expect.arrayContaining(["CREDITS_EXHAUSTED", "SCOPE_NOT_ALLOWED"]),
    );
  });
});

describe("tests of an endpoint fail where it", () => {
  const asked = (handler: Parameters<typeof asDeclared>[1]) =>
    asDeclared("some/function", handler)(apiEvent(), lambdaContext());

  it.each<FailureCode>(["ALREADY_TAKEN", "MODEL_NOT_FOUND"])(
    "answers %s undeclared",
    async (code) => {
      const run = (): never => {
        throw new Failure(code);
      };
      await expect(asked(endpoint({ reply: Named, run }))).rejects.toThrow(
        `functions/some/function.ts: It answered`,
      );
      await expect(asked(endpoint({ reply: Named, run, fails: [code] }))).resolves.toBeDefined();
    },
  );

  it("answers another status or another reply", async () => {
    const declared = endpoint({ reply: Named, run: () => ({ name: "ada" }) });
    const other = (change: object) =>
      declaredAs(
        async () => ({ ...(await declared(apiEvent(), lambdaContext())), ...change }),
        declared,
      );
    await expect(asked(declared)).resolves.toMatchObject({ statusCode: 200 });
    await expect(asked(other({ statusCode: 201 }))).rejects.toThrow("`status`");
    await expect(asked(other({ body: "{}" }))).rejects.toThrow("`reply`");
  });
});
