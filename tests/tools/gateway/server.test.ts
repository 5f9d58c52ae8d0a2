import { describe, expect, it } from "@jest/globals";
import { useGateway } from "./support.ts";

const gateway = useGateway();

interface Passed {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
  size: number;
}

describe("a route that doesn't stream", () => {
  it("is passed on, with its answer as it is", async () => {
    const response = await gateway.fetch("/plain?a=1&a=2", { method: "PUT", body: "hello" });
    expect(response.status).toBe(203);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(await response.json()).toMatchObject({
      method: "PUT",
      url: "/plain?a=1&a=2",
      body: "hello",
    });
  });

  it("is passed on though the other side ends connections that were used", async () => {
    for (let count = 0; count < 3; count++) {
      const response = await gateway.fetch("/plain");
      expect(response.status).toBe(203);
      await response.text();
    }
  });

  it("shows the client's address as the gateway saw it, whatever the client claims", async () => {
    const response = await gateway.fetch("/plain", {
      headers: {
        "X-Forwarded-For": "1.2.3.4, 5.6.7.8",
        "x-forwarded-proto": "https",
        Origin: "http://a.example",
      },
    });
    const { headers } = (await response.json()) as Passed;
    expect(headers["x-forwarded-for"]).toBe("127.0.0.1");
    expect(headers["x-forwarded-proto"]).toBe("http");
    expect(headers.origin).toBe("http://a.example");
    expect(headers.host).toBe(new URL(gateway.url()).host);
  });

  it("goes to the function for all other addresses if nobody has it", async () => {
    expect((await gateway.fetch("/nobody/has/this", { method: "DELETE" })).status).toBe(203);
  });

  it.each(["//", "//users//", "/plain/%zz", "/stream/%", "/%C3%28"])(
    "is 404 without being passed on where no path can be: %s",
    async (path) => {
      const response = await gateway.fetch(path, { method: "POST", body: "{}" });
      expect(response.status).toBe(404);
      expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
      expect(await response.json()).toMatchObject({ code: "NOT_FOUND", success: false });
    },
  );

  it("takes a body of 10 MiB and refuses one byte more", async () => {
    const limit = 10 * 1024 * 1024;
    const full = await gateway.fetch("/plain", { method: "PUT", body: Buffer.alloc(limit) });
    expect(await full.json()).toMatchObject({ size: limit });
    const over = await gateway.fetch("/plain", { method: "PUT", body: Buffer.alloc(limit + 1) });
    expect(over.status).toBe(413);
    expect(await over.json()).toMatchObject({ code: "BODY_TOO_LARGE", success: false });
  });

  it("is 405 with the methods it has, for another one", async () => {
    const response = await gateway.fetch("/plain", { method: "DELETE" });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET, PUT");
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({ status: 405, code: "METHOD_NOT_ALLOWED" });
  });

  it("is 502 once there is nobody to pass it to", async () => {
    await gateway.stopOffline();
    const response = await gateway.fetch("/plain");
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ code: "INTEGRATION_FAILURE" });
  });
});
