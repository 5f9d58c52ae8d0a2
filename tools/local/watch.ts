import { existsSync, watch } from "node:fs";
import { join } from "node:path";

/** What functions are made of. */
const sources = ["functions", "lib", "serverless.yml"];

/** Editors write a file in several steps; changes closer than this many milliseconds are one. */
const pause = 100;

/**
 * Calls `onChange` after the sources of the functions changed.
 * @returns the function that ends the watch
 * @throws Error where the system has no more watches to give
 */
export function watchSources(directory: string, onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const changed = (): void => {
    clearTimeout(timer);
    timer = setTimeout(onChange, pause);
  };
  const watchers = sources
    .map((name) => join(directory, name))
    .filter((path) => existsSync(path))
    .map((path) => watch(path, { recursive: true }, changed));
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
