import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import type { APIGatewayProxyEvent } from "aws-lambda";
import { useGateway } from "./support.ts";

const gateway = useGateway();

interface Echo {
  event: APIGatewayProxyEvent;
  left: number;
  env: string;
}

describe("a route declared STREAM", () => {
  it("reaches the client piece by piece, with the head the handler declared", async () => {
    const response = await gateway.stream("pieces");
    expect(response.status).toBe(201);
    expect(response.headers.get("x-kind")).toBe("stream");
    expect(response.headers.get("x-many")).toBe("a, b");
    expect(response.headers.getSetCookie()).toEqual(["one=1", "two=2"]);
    const reader = response.body?.getReader();
    // The handler writes the next piece only when it is told to.
    for (const piece of ["one ", "two ", "three"]) {
      const read = await reader?.read();
      expect(Buffer.from(read?.value ?? []).toString()).toBe(piece);
      (globalThis as { goOn?: () => void }).goOn?.();
    }
    expect(await reader?.read()).toMatchObject({ done: true });
  });

  it("gets the event of a REST API's proxy integration", async () => {
    const response = await gateway.fetch("/echo/a%20b/c/d?x=1&x=2&y=%C3%A9", {
      method: "POST",
      headers: {
        "X-Forwarded-For": "1.2.3.4",
        "User-Agent": "tester",
        "Content-Type": "text/plain",
      },
      body: "Grüße",
    });
    const { event } = (await response.json()) as Echo;
    expect(event).toMatchObject({
      resource: "/echo/{name}/{rest+}",
      path: "/echo/a%20b/c/d",
      httpMethod: "POST",
      pathParameters: { name: "a b", rest: "c/d" },
      queryStringParameters: { x: "2", y: "é" },
      multiValueQueryStringParameters: { x: ["1", "2"], y: ["é"] },
      body: "Grüße",
      isBase64Encoded: false,
      requestContext: { stage: "test", identity: { sourceIp: "127.0.0.1", userAgent: "tester" } },
    });
    expect(event.headers["X-Forwarded-For"]).toBe("127.0.0.1");
    expect(event.multiValueHeaders["X-Forwarded-For"]).toEqual(["127.0.0.1"]);
    expect(JSON.stringify(event)).not.toContain("1.2.3.4");
  });

  it("takes names that every object has", async () => {
    const headers = { constructor: "x" };
    const response = await gateway.fetch("/echo/a/b?toString=1&__proto__=2", { headers });
    const { event } = (await response.json()) as Echo;
    expect(event.multiValueQueryStringParameters).toMatchObject({ toString: ["1"] });
    expect(event.multiValueHeaders.constructor).toEqual(["x"]);
  });

  it("says null where the request has no body and no query", async () => {
    const { event } = (await (await gateway.fetch("/echo/a/b")).json()) as Echo;
    expect(event).toMatchObject({ body: null, queryStringParameters: null, httpMethod: "GET" });
  });

  it("runs with the function's environment and timeout", async () => {
    const { env, left } = (await (await gateway.fetch("/echo/a/b")).json()) as Echo;
    expect(env).toBe("of this function");
    expect(left).toBeGreaterThan(3_000);
    expect(left).toBeLessThanOrEqual(7_000);
  });

  it("lets the handler see that its client has gone", async () => {
    const gone = new Promise<void>((resolve) => Object.assign(globalThis, { gone: resolve }));
    const leave = new AbortController();
    const response = await gateway.stream("endless", { signal: leave.signal });
    await response.body?.getReader().read();
    leave.abort();
    await gone;
  });

  it("makes a fast handler wait for a slow client", async () => {
    const leave = new AbortController();
    await gateway.stream("flood", { signal: leave.signal });
    await sleep(300);
    // What sockets and buffers between the two hold, and no more.
    expect(Number(Object(globalThis).flooded)).toBeLessThan(50);
    leave.abort();
  });

  it("answers an empty body with the declared status", async () => {
    expect((await gateway.stream("empty")).status).toBe(204);
  });

  it("sends what was written if the handler forgets the end, and reports it", async () => {
    expect(await (await gateway.stream("forgetsEnd")).text()).toBe("all of it");
    expect(gateway.reports).toContainEqual(expect.stringContaining("forgetsEnd: returned without"));
  });

  it.each<[string, string, number, string]>([
    ["fails", "throws", 502, "before the first byte"],
    ["times out", "sleeps", 504, "timed out after 0.1 s"],
    ["writes without a head", "noPrelude", 502, "HttpResponseStream.from"],
    ["is not a streaming handler", "buffered", 502, "streamifyResponse"],
    ["does not exist", "missing", 502, "no file"],
  ])(
    "is a problem for the client and a report for us if it %s before the first byte",
    async (_, name, status, report) => {
      const response = await gateway.stream(name);
      expect(response.status).toBe(status);
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      const problem = (await response.json()) as Record<string, unknown>;
      expect(problem).toMatchObject({
        success: false,
        request_id: response.headers.get("x-request-id"),
      });
      expect(JSON.stringify(problem)).not.toContain(report);
      expect(gateway.reports).toContainEqual(
        expect.stringMatching(new RegExp(`${name}.*${report}`)),
      );
    },
  );

  it.each(["throwsLate", "sleepsLate"])("breaks off after the first byte: %s", async (name) => {
    const response = await gateway.stream(name);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow("terminated");
  });
});
