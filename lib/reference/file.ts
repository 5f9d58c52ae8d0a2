import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { page, script } from "./page.ts";

const vendor = "node_modules/swagger-ui-dist";

interface ReferenceFile {
  type: string;
  text: string;
}

/** From the service's folder, or on Lambda from the package, which functions.yml puts them into. */
const fromPackage = (file: string): Promise<string> =>
  readFile(join(process.cwd(), vendor, file), "utf8");

const files: Record<string, { type: string; text: () => string | Promise<string> }> = {
  "swagger-ui.css": { type: "text/css", text: () => fromPackage("swagger-ui.css") },
  "swagger-ui-bundle.js": {
    type: "text/javascript",
    text: () => fromPackage("swagger-ui-bundle.js"),
  },
  "start.js": { type: "text/javascript", text: () => script },
};

/** A file of the API's reference by its name: the page itself without one; undefined for any other. */
export async function referenceFile(name: string | undefined): Promise<ReferenceFile | undefined> {
  if (name === undefined) return { type: "text/html", text: page };
  const found = Object.hasOwn(files, name) ? files[name] : undefined;
  return found && { type: found.type, text: await found.text() };
}
