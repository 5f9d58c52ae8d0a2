import type { Service } from "./service.ts";

export interface Route {
  /** Upper case; `ANY` for every method. */
  method: string;
  /** As declared, such as /v1/users/{id}. */
  path: string;
  functionKey: string;
  /** Declared with `response.transferMode: STREAM`. */
  stream: boolean;
}

export type Match =
  | { kind: "route"; route: Route; parameters: Record<string, string> }
  | { kind: "wrong method"; allow: string[] }
  | { kind: "unknown" };

/** The http events of all functions. */
export function routesOf({ functions }: Pick<Service, "functions">): Route[] {
  return Object.entries(functions).flatMap(([functionKey, { events = [] }]) =>
    events.flatMap(({ http }) => {
      if (http === undefined) return [];
      const [method = "", path = ""] =
        typeof http === "string" ? http.split(" ") : [http.method, http.path];
      const mode = typeof http === "string" ? undefined : http.response?.transferMode;
      return [
        {
          method: method.toUpperCase(),
          path: path.startsWith("/") ? path : `/${path}`,
          functionKey,
          stream: mode?.toUpperCase() === "STREAM",
        },
      ];
    }),
  );
}

/**
 * Finds the route of a request as API Gateway's REST API does: first the closest path (a fixed
 * segment before a parameter, a parameter before `{proxy+}`), then the method on that path alone.
 * @throws URIError for a path with an escape that is none
 */
export function matchRoute(routes: readonly Route[], method: string, pathname: string): Match {
  const segments = segmentsOf(pathname);
  const fitting = routes
    .filter(({ path }) => fits(segmentsOf(path), segments))
    .sort((a, b) => rankOf(a.path).localeCompare(rankOf(b.path)));
  const [closest] = fitting;
  if (closest === undefined) return { kind: "unknown" };
  const here = fitting.filter(({ path }) => rankOf(path) === rankOf(closest.path));
  const route =
    here.find((one) => one.method === method) ?? here.find((one) => one.method === "ANY");
  if (route === undefined) return { kind: "wrong method", allow: here.map((one) => one.method) };
  return { kind: "route", route, parameters: parametersOf(segmentsOf(route.path), segments) };
}

const segmentsOf = (path: string): string[] => path.split("/").filter((part) => part !== "");

const isGreedy = (segment: string): boolean => segment.endsWith("+}");
const isParameter = (segment: string): boolean => segment.startsWith("{");

const fits = (declared: string[], asked: string[]): boolean =>
  declared.every(
    (segment, index) =>
      asked[index] !== undefined && (isParameter(segment) || segment === asked[index]),
  ) &&
  (declared.length === asked.length || isGreedy(declared.at(-1) ?? ""));

/** One digit a segment: of two paths that fit, the closer one sorts first. */
const rankOf = (path: string): string =>
  segmentsOf(path)
    .map((segment) => (isGreedy(segment) ? "2" : isParameter(segment) ? "1" : "0"))
    .join("");

const parametersOf = (declared: string[], asked: string[]): Record<string, string> =>
  Object.fromEntries(
    declared.flatMap((segment, index) => {
      if (!isParameter(segment)) return [];
      const value = isGreedy(segment) ? asked.slice(index).join("/") : (asked[index] ?? "");
      return [[segment.replace(/[{}+]/g, ""), decodeURIComponent(value)]];
    }),
  );
