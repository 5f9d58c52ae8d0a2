import { createServer, type IncomingMessage } from "node:http";
import { afterAll, beforeAll } from "@jest/globals";
import { createGateway } from "../../../tools/local/gateway/server.ts";
import { type Listening, listen } from "../../../tools/local/listen.ts";
import { readBody } from "../../../tools/local/read-body.ts";

const stream = { transferMode: "STREAM" };

type Handler = keyof typeof import("./functions/stream.ts");

const route = (name: Handler, more: object = {}) => ({
  name: `test-${name}`,
  handler: `functions/stream.${name}`,
  events: [{ http: { method: "post", path: `/stream/${name}`, response: stream } }],
  ...more,
});

const functions = {
  pieces: route("pieces"),
  echo: route("echo", {
    environment: { GATEWAY_TEST: "of this function" },
    timeout: 7,
    events: [{ http: { method: "any", path: "/echo/{name}/{rest+}", response: stream } }],
  }),
  endless: route("endless"),
  flood: route("flood"),
  empty: route("empty"),
  throws: route("throws"),
  throwsLate: route("throwsLate"),
  sleeps: route("sleeps", { timeout: 0.1 }),
  sleepsLate: route("sleepsLate", { timeout: 0.1 }),
  noPrelude: route("noPrelude"),
  forgetsEnd: route("forgetsEnd"),
  buffered: route("buffered"),
  missing: {
    name: "missing",
    handler: "functions/nowhere.handler",
    events: [{ http: { method: "post", path: "/stream/missing", response: stream } }],
  },
  plain: {
    name: "plain",
    handler: "x.y",
    events: [{ http: "GET /plain" }, { http: "PUT /plain" }, { http: "ANY /{proxy+}" }],
  },
};

/** A gateway in front of a server that says what it was passed. */
export function useGateway() {
  let gateway: Listening;
  let offline: Listening;
  const reports: string[] = [];
  const used = new WeakSet<object>();

  beforeAll(async () => {
    offline = await listen(
      createServer(async (incoming: IncomingMessage, response) => {
        // As a server does whose patience with an idle connection ends in that moment.
        if (used.has(incoming.socket)) return void incoming.socket.destroy();
        used.add(incoming.socket);
        const body = await readBody(incoming, 20 * 1024 * 1024);
        response.writeHead(
          203,
          [
            ["Set-Cookie", "a=1"],
            ["Set-Cookie", "b=2"],
          ].flat(),
        );
        response.end(
          JSON.stringify({
            method: incoming.method,
            url: incoming.url,
            headers: incoming.headers,
            body: body?.toString().slice(0, 100),
            size: body?.length,
          }),
        );
      }),
    );
    const service = {
      directory: import.meta.dirname,
      functions,
      provider: { stage: "test", region: "eu-central-1", timeout: 3 },
    };
    const report = (message: string, error?: unknown) => reports.push(`${message} ${error ?? ""}`);
    gateway = await listen(createGateway({ service, offlineUrl: offline.url, report }));
  });
  afterAll(() => Promise.all([gateway.stop(), offline.stop()]));

  return {
    reports,
    url: () => gateway.url,
    fetch: (path: string, init?: RequestInit) => fetch(`${gateway.url}${path}`, init),
    stream: (name: string, init?: RequestInit) =>
      fetch(`${gateway.url}/stream/${name}`, { method: "POST", ...init }),
    stopOffline: () => offline.stop(),
  };
}
