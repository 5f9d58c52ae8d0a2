import { describe, expect, it, jest } from "@jest/globals";
import * as z from "zod";
import type { AddressGuard } from "../../lib/addresses/guard.ts";
import { Failure, type FailureCode } from "../../lib/errors.ts";
import { guarding } from "../../lib/http/guards/guard.ts";
import { apiEvent, lambdaContext } from "../support/api-event.ts";
import { testBuilder } from "../support/endpoint.ts";

/** An endpoint behind rules that fail as told, and what was asked of the rules and of the endpoint. */
function behind(failure: FailureCode | undefined) {
  const require = jest.fn<AddressGuard["require"]>(async () => {
    if (failure) throw new Failure(failure);
  });
  const guard = jest.fn(() => ({}));
  const { endpoint, lines } = testBuilder({ addresses: { require, lets: async () => true } });
  const handler = endpoint({
    guard: guarding({ security: [], fails: [] }, guard),
    reply: z.object({}),
    run: () => ({}),
  });
  const ask = async (method = "GET", path = "/test") =>
    handler(apiEvent({ method, path, ip: "203.0.113.7" }), lambdaContext());
  return { ask, require, guard, lines };
}

describe("the check of an address", () => {
  it("is made of the gateway's address, before the guard", async () => {
    const { ask, require, guard } = behind(undefined);
    expect((await ask()).statusCode).toBe(200);
    expect(require.mock.calls).toEqual([["service", "203.0.113.7"]]);
    expect(guard).toHaveBeenCalledTimes(1);
  });

  it.each<[number, FailureCode]>([
    [403, "ADDRESS_NOT_ALLOWED"],
    [503, "DATABASE_UNAVAILABLE"],
  ])("%p: lets nobody get to the guard, and the request has its line", async (status, code) => {
    const { ask, guard, lines } = behind(code);
    const answer = await ask();
    expect(answer.statusCode).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ code, request_id: "request-1" });
    expect(answer.headers).toHaveProperty("Strict-Transport-Security");
    expect(guard).not.toHaveBeenCalled();
    expect(lines.at(-1)?.fields).toMatchObject({ status, code, ip: "203.0.113.7" });
  });

  it("is told in OpenAI's shape where that is spoken", async () => {
    const { body } = await behind("ADDRESS_NOT_ALLOWED").ask("POST", "/v1/chat/completions");
    expect(JSON.parse(body)).toMatchObject({ error: { code: "ADDRESS_NOT_ALLOWED" } });
  });

  it("is not made of a preflight", async () => {
    const { ask, require } = behind("ADDRESS_NOT_ALLOWED");
    expect((await ask("OPTIONS")).statusCode).toBe(204);
    expect(require).not.toHaveBeenCalled();
  });
});
