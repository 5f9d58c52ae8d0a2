import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readParameter } from "../lib/parameters.ts";

const extension = createServer((request, response) => {
  const url = new URL(request.url ?? "", "http://localhost");
  if (request.headers["x-aws-parameters-secrets-token"] !== "session-token") {
    response.writeHead(401).end();
  } else if (
    url.searchParams.get("name") === "/app/uri" &&
    url.searchParams.get("withDecryption") === "true"
  ) {
    response.end(JSON.stringify({ Parameter: { Value: "mongodb://somewhere" } }));
  } else if (url.searchParams.get("name") === "/app/odd") {
    response.end("{}");
  } else {
    response.writeHead(400).end();
  }
});

beforeAll(async () => {
  extension.listen(0, "localhost");
  await once(extension, "listening");
});
afterAll(() => {
  extension.close();
});

const read = (name: string, token = "session-token") =>
  readParameter(name, { port: (extension.address() as AddressInfo).port, token });

describe("a parameter", () => {
  it("is read through the extension, decrypted", async () => {
    expect(await read("/app/uri")).toBe("mongodb://somewhere");
  });

  it.each([
    ["/app/missing", "session-token", "parameter /app/missing: the extension answered 400"],
    ["/app/uri", "wrong", "parameter /app/uri: the extension answered 401"],
    ["/app/odd", "session-token", "parameter /app/odd has no value"],
  ])("that cannot be read is named: %s with %s", async (name, token, message) => {
    await expect(read(name, token)).rejects.toThrow(message);
  });
});
