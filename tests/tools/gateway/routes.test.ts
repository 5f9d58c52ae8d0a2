import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { matchRoute, routesOf } from "../../../tools/local/gateway/routes.ts";

const functionWith = (
  ...http: (string | { method: string; path: string; response?: object })[]
) => ({
  name: "f",
  handler: "f.handler",
  events: http.map((event) => ({ http: event })),
});

const routes = routesOf({
  functions: {
    root: functionWith("GET /"),
    users: functionWith("GET /users", { method: "post", path: "users" }),
    me: functionWith("GET /users/me"),
    user: functionWith("GET /users/{id}", "DELETE /users/{id}"),
    keys: functionWith("ANY /users/{id}/keys/{rest+}"),
    chat: functionWith({ method: "post", path: "/chat", response: { transferMode: "stream" } }),
    all: functionWith("ANY /{proxy+}", "OPTIONS /users"),
    job: { name: "job", handler: "job.handler", events: [{}] },
  },
});

const found = (method: string, path: string) => {
  const match = matchRoute(routes, method, path);
  return match.kind === "route" ? [match.route.functionKey, match.parameters] : match;
};

describe("finding a route", () => {
  it.each<[string, string, unknown]>([
    ["GET", "/", ["root", {}]],
    ["GET", "/users", ["users", {}]],
    ["POST", "/users", ["users", {}]],
    ["GET", "/users/", ["users", {}]],
    ["OPTIONS", "/users", ["all", {}]],
    ["GET", "/users/me", ["me", {}]],
    ["GET", "/users/you", ["user", { id: "you" }]],
    ["GET", "/users/a%2Fb%20c", ["user", { id: "a/b c" }]],
    ["PATCH", "/users/7/keys/a/b", ["keys", { id: "7", rest: "a/b" }]],
    ["POST", "/elsewhere/at/all", ["all", { proxy: "elsewhere/at/all" }]],
    ["GET", "/users/7/keys", ["all", { proxy: "users/7/keys" }]],
  ])("takes the closest path first: %s %s", (method, path, expected) => {
    expect(found(method, path)).toEqual(expected);
  });

  it.each<[string, string, string[]]>([
    ["DELETE", "/users", ["GET", "POST", "OPTIONS"]],
    // API Gateway doesn't fall back from /users/me to /users/{id}.
    ["DELETE", "/users/me", ["GET"]],
    ["POST", "/", ["GET"]],
  ])("says which methods a path has: %s %s", (method, path, allow) => {
    expect(found(method, path)).toEqual({ kind: "wrong method", allow });
  });

  it("finds nothing where nothing is declared", () => {
    expect(matchRoute([], "GET", "/")).toEqual({ kind: "unknown" });
  });

  it("knows a streaming route by its transfer mode, in any case", () => {
    expect(routes.filter(({ stream }) => stream).map(({ path }) => path)).toEqual(["/chat"]);
  });

  const paths = fc
    .array(
      fc.oneof(
        fc.constantFrom("users", "me", "keys", "{id}", ".."),
        fc.string({ unit: "grapheme" }),
      ),
    )
    .map((segments) => `/${segments.map(encodeURIComponent).join("/")}`);

  it("answers any path with one of its three kinds", () => {
    fc.assert(
      fc.property(paths, fc.constantFrom("GET", "POST", "PURGE"), (path, method) => {
        expect(["route", "wrong method", "unknown"]).toContain(
          matchRoute(routes, method, path).kind,
        );
      }),
    );
  });
});
