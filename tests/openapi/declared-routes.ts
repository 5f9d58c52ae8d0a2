import { readdirSync, readFileSync } from "node:fs";

/**
 * Method and path of every endpoint, read from the text of the functions.yml files alone: what the
 * document is compared with must not come by the way that the document is made.
 */
export const declaredRoutes = (): string[] =>
  readdirSync("functions", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith("functions.yml"))
    .flatMap((file) => {
      const text = readFileSync(`functions/${file}`, "utf8");
      const short = [...text.matchAll(/- http: ([A-Z]+) (\S+)$/gm)];
      const long = [...text.matchAll(/method: ([A-Z]+)\n +path: (\S+)$/gm)];
      return [...short, ...long].map(([, method = "", path = ""]) => `${method} ${path}`);
    })
    .filter((route) => !route.startsWith("OPTIONS ") && !route.includes("+}"))
    .sort();
