import { readdirSync, readFileSync } from "node:fs";

interface Route {
  method: string;
  /** As declared, such as /v1/users/{id}. */
  path: string;
  /** As `loadFunction` takes it. */
  handler: string;
}

const plain = /- http: (GET|POST|PUT|DELETE) (\S+)$/gm;
const streaming = /- http:\n +method: (GET|POST|PUT|DELETE)\n +path: (\S+)$/gm;

const declared = (form: RegExp): Route[] =>
  readdirSync("functions", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith("functions.yml"))
    .flatMap((file) => readFileSync(`functions/${file}`, "utf8").split("\n\n"))
    .flatMap((declaration) => {
      const handler = /^ {2}handler: functions\/(.+)\.handler$/m.exec(declaration)?.[1] ?? "";
      const events = [...declaration.matchAll(form)];
      return events.map(([, method = "", path = ""]) => ({ method, path, handler }));
    });

/** Every endpoint that the functions.yml files declare, but those that stream, preflights and what no path has. */
export const routes = (): Route[] => declared(plain);

/** Every endpoint that the functions.yml files declare as one that streams. */
export const streamingRoutes = (): Route[] => declared(streaming);
