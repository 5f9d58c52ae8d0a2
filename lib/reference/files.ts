import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { errorsPage } from "./errors.ts";
import { page, script } from "./page.ts";

/** From the service's folder, or on Lambda from the package, which functions.yml puts them into. */
const fromPackage = (file: string) => (): Promise<string> =>
  readFile(join(process.cwd(), "node_modules/swagger-ui-dist", file), "utf8");

export const referencePage = { type: "text/html", text: () => page };

/** What the page loads, and the page of errors, by name. */
export const referenceFiles = {
  errors: { type: "text/html", text: errorsPage },
  "swagger-ui.css": { type: "text/css", text: fromPackage("swagger-ui.css") },
  "swagger-ui-bundle.js": { type: "text/javascript", text: fromPackage("swagger-ui-bundle.js") },
  "start.js": { type: "text/javascript", text: () => script },
};
