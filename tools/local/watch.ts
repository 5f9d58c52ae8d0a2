import { existsSync, watch } from "node:fs";
import { join } from "node:path";

/** Editors write a file in several steps; changes closer than this many milliseconds are one. */
const pause = 100;

/**
 * Calls `onChange` after something that functions are made of changed: functions/, lib/ or serverless.yml.
 * @returns the function that ends the watch
 * @throws Error where the system has no more watches to give
 */
export function watchSources(directory: string, onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const changed = (): void => {
    clearTimeout(timer);
    timer = setTimeout(onChange, pause);
  };
  const folders = ["functions", "lib"].map((name) => join(directory, name)).filter(existsSync);
  const watchers = [
    ...folders.map((folder) => watch(folder, { recursive: true }, changed)),
    // Its folder, because many editors put a new file in the place of the old one.
    watch(directory, (_, name) => name === "serverless.yml" && changed()),
  ];
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
