import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { openApiDocument } from "./openapi/document.ts";

const directory = fileURLToPath(new URL("..", import.meta.url));
const file = fileURLToPath(new URL("../docs/openapi.json", import.meta.url));

/** The text of docs/openapi.json as it should be. */
export const openApiText = async (): Promise<string> =>
  `${JSON.stringify(await openApiDocument(directory), null, 1)}\n`;

/** The endpoint that serves the file is loaded like all others, so there has to be one that can be. */
async function ensureReadable(): Promise<void> {
  try {
    JSON.parse(await readFile(file, "utf8"));
  } catch {
    await writeFile(file, '{"openapi":"3.1.1"}\n');
  }
}

/** `npm run docs:openapi` */
if (import.meta.main) {
  await ensureReadable();
  await writeFile(file, await openApiText());
}
