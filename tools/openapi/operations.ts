import { type Declaration, declarationOf } from "../../lib/http/declaration.ts";
import { loadHandler } from "../local/gateway/load-handler.ts";
import { routesOf } from "../local/gateway/routes.ts";
import { readService } from "../local/gateway/service.ts";

/** One method of one path, with what its handler says of itself. */
export interface Operation {
  method: string;
  /** As declared, such as /v1/users/{id}. */
  path: string;
  /** Unique; the function's name, and its path where a function has more than one. */
  id: string;
  /** In one line, from functions.yml. */
  summary: string;
  /** Folder below functions/, such as users/keys. */
  area: string;
  /** Its file below functions/, without extension; the one below events/ has the same name. */
  file: string;
  /** The address that stands for this one by now; the former API called it so. */
  aliasOf: string | undefined;
  declaration: Declaration;
}

/** Addresses of the former API that stay, and what they are called by now. */
const formerAddresses: Readonly<Record<string, string>> = {
  "POST /v1/prompt/completions": "POST /v1/chat/completions",
};

/** What no client asks for by itself: preflights, and the function for addresses that nothing has. */
const isAsked = ({ method, path }: { method: string; path: string }): boolean =>
  method !== "OPTIONS" && !path.includes("+}");

/**
 * Loading a handler reads the environment, and nothing of it is used: these values only have to be
 * well-formed.
 */
const anyEnvironment = {
  MONGODB_URI: "mongodb://127.0.0.1:1",
  TOKEN_SECRET: "only to load the handlers, never to answer",
  POWERTOOLS_METRICS_DISABLED: "true",
};

/**
 * Every endpoint of serverless.yml, loaded.
 * @throws Error naming a handler that was not made by a builder of lib/http, or has no description
 */
export async function readOperations(directory: string): Promise<Operation[]> {
  const { functions } = await readService(directory);
  for (const [name, value] of Object.entries(anyEnvironment)) process.env[name] ??= value;
  const operations: Operation[] = [];
  for (const [name, { handler, description }] of Object.entries(functions)) {
    const routes = routesOf({ functions }).filter((one) => one.functionKey === name);
    const [first, ...more] = routes.filter(isAsked);
    if (!first) continue;
    const declaration = declarationOf(await loadHandler<() => unknown>(directory, handler));
    if (!declaration) {
      throw new Error(`${handler} says nothing of itself: make it with a builder of lib/http.`);
    }
    if (!description) throw new Error(`${name} has no description in its functions.yml.`);
    const file = handler.replace(/^functions\//, "").replace(/\.\w+$/, "");
    const area = file.slice(0, file.lastIndexOf("/"));
    const common = { summary: description, area, file, declaration };
    const { method, path } = first;
    operations.push({ ...common, method, path, id: name, aliasOf: undefined });
    for (const other of more) {
      const id = `${name}-${other.path.replace(/\W+/g, "-").replace(/^-|-$/g, "")}`;
      const aliasOf = formerAddresses[`${other.method} ${other.path}`];
      operations.push({ ...common, method: other.method, path: other.path, id, aliasOf });
    }
  }
  return operations.sort((a, b) => a.path.localeCompare(b.path, "en"));
}
