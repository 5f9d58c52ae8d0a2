import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const extensions = [".ts", ".mjs", ".js"];

/**
 * The exported function that a handler string names, such as `functions/chat/completions.handler`.
 * @throws Error if there is no such file or export, or if loading it throws
 */
export async function loadHandler<Handler>(directory: string, handler: string): Promise<Handler> {
  const dot = handler.lastIndexOf(".");
  const base = join(directory, handler.slice(0, dot));
  const file = extensions
    .map((extension) => `${base}${extension}`)
    .find((path) => existsSync(path));
  if (file === undefined) throw new Error(`no file for the handler ${handler}`);
  const exports = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const found = exports[handler.slice(dot + 1)];
  if (typeof found !== "function") throw new Error(`${handler} is not an exported function`);
  return found as Handler;
}
