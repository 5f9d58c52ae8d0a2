/**
 * Levels that the objects and lists of JSON from elsewhere may be nested in each other. JSON.parse
 * reads any number of them, but what writes the value again calls itself for each, and its stack has
 * an end.
 */
export const mostLevels = 256;

/** Strings, which may hold brackets, and brackets. */
const marks = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]/g;

/** How deep the objects and lists of a JSON text are nested. */
export function levelsIn(text: string): number {
  let [level, deepest] = [0, 0];
  for (const [mark] of text.matchAll(marks)) {
    if (mark === "{" || mark === "[") level += 1;
    else if (mark === "}" || mark === "]") level -= 1;
    deepest = Math.max(deepest, level);
  }
  return deepest;
}
