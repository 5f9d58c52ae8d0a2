import { describe, expect, it } from "@jest/globals";
import { apiEvent, lambdaContext } from "../support/api-event.ts";
import { loadFunction } from "../support/functions.ts";

// Nothing listens there: these endpoints must not ask the database.
const env = { MONGODB_URI: "mongodb://127.0.0.1:1", CORS_ORIGINS: "https://app.example" };
const service = await loadFunction("root/service", env);
const liveness = await loadFunction("root/liveness", env);
const unmatched = await loadFunction("root/unmatched", env);
const version = expect.stringMatching(/^\d+\.\d+\.\d+/);

describe("GET /", () => {
  it("200: says what this is", async () => {
    const answer = await service(apiEvent({ resource: "/" }), lambdaContext());
    expect(answer.statusCode).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({
      service: "PromptEnchanter",
      version,
      status: "running",
      docs: "/docs",
    });
  });
});

describe("GET /health", () => {
  it("200: is static", async () => {
    const answer = await liveness(apiEvent({ resource: "/health" }), lambdaContext());
    expect(answer.statusCode).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({
      status: "healthy",
      service: "PromptEnchanter",
      version,
    });
  });
});

describe("any other address", () => {
  it("404: says so in words and with a request id", async () => {
    const answer = await unmatched(
      apiEvent({ resource: "/{proxy+}", path: "/v1/nothing" }),
      lambdaContext(),
    );
    expect(answer.statusCode).toBe(404);
    expect(JSON.parse(answer.body)).toMatchObject({
      code: "NOT_FOUND",
      request_id: answer.headers?.["X-Request-Id"],
      success: false,
    });
  });

  it("204: answers the preflight of every path", async () => {
    const answer = await unmatched(
      apiEvent({
        method: "OPTIONS",
        resource: "/v1/monitoring/health",
        headers: { Origin: "https://app.example", "Access-Control-Request-Method": "GET" },
      }),
      lambdaContext(),
    );
    expect(answer.statusCode).toBe(204);
    expect(answer.headers?.["Access-Control-Allow-Origin"]).toBe("https://app.example");
  });
});
