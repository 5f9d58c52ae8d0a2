import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { Failure, failures } from "../../lib/errors.ts";
import { problem } from "../../lib/http/problem.ts";
import { apiEvent, lambdaContext } from "../support/api-event.ts";
import { ask } from "../support/ask.ts";
import { loadFunction } from "../support/functions.ts";

// Nothing listens there: what the API is is told without the database.
const env = { MONGODB_URI: "mongodb://127.0.0.1:1" };
const document = await loadFunction("docs/document", env);
const page = await loadFunction("docs/page", env);
const file = await loadFunction("docs/file", env);

const get = () => page(apiEvent({ resource: "/docs" }), lambdaContext());
const getFile = (name: string) =>
  file(apiEvent({ resource: "/docs/{file}", pathParameters: { file: name } }), lambdaContext());

describe("GET /openapi.json", () => {
  it("200: is docs/openapi.json", async () => {
    const { status, body } = await ask(document);
    expect(status).toBe(200);
    expect(body).toEqual(JSON.parse(readFileSync("docs/openapi.json", "utf8")));
  });
});

describe("GET /docs", () => {
  it("200: is a page that loads what it needs from here alone", async () => {
    const { statusCode, headers, body } = await get();
    expect(statusCode).toBe(200);
    expect(headers?.["Content-Type"]).toBe("text/html; charset=utf-8");
    const loaded = [...body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url);
    expect(loaded).toEqual([
      "data:,",
      "docs/swagger-ui.css",
      "openapi.json",
      "docs/swagger-ui-bundle.js",
      "docs/start.js",
    ]);
  });

  it("200: may run, ask and show nothing from elsewhere, nor any inline script", async () => {
    const policy = (await get()).headers?.["Content-Security-Policy"];
    expect(policy).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
  });
});

describe("GET /docs/{file}", () => {
  it.each([
    ["swagger-ui-bundle.js", "text/javascript; charset=utf-8"],
    ["swagger-ui.css", "text/css; charset=utf-8"],
    ["start.js", "text/javascript; charset=utf-8"],
  ])("200: %s, below the 6 MB that Lambda answers at most", async (name, type) => {
    const answer = await getFile(name);
    expect(answer).toMatchObject({ statusCode: 200, headers: { "Content-Type": type } });
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(6_000_000);
  });

  it("200: /docs/errors says of each code what `type` of a problem leads there for", async () => {
    const { statusCode, headers, body } = await getFile("errors");
    expect([statusCode, headers?.["Content-Type"]]).toEqual([200, "text/html; charset=utf-8"]);
    const answered = problem(new Failure("LOGIN_LOCKED"), {
      requestId: "",
      errorsUrl: "/docs/errors",
    });
    expect(JSON.parse(answered.body).type).toBe("/docs/errors#login_locked");
    const ids = [...body.matchAll(/<h2 id="([^"]+)">/g)].map(([, id]) => id);
    expect(ids).toEqual(Object.keys(failures).map((code) => code.toLowerCase()));
    expect(body).not.toContain("`");
    expect(body).toContain("Bearer &lt;token&gt;");
  });

  it.each(["package.json", "../package.json", "..%2Fpackage.json", "constructor", "__proto__", ""])(
    "404: %j is none of its files",
    async (name) => {
      const answer = await getFile(name);
      expect([answer.statusCode, JSON.parse(answer.body).code]).toEqual([404, "NOT_FOUND"]);
    },
  );
});
