/** Strings of a JSON text; those that are keys end in a colon. */
const strings = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g;

/**
 * Whether an object of a JSON text names one of its keys twice, `value` being what the text was
 * parsed to. JSON.parse keeps the last one, others keep the first (RFC 8259, section 4), so a proxy
 * that checks a body may have checked another one.
 */
export function hasRepeatedKey(text: string, value: unknown): boolean {
  let written = 0;
  for (const match of text.matchAll(strings)) if (match[1] !== undefined) written += 1;
  return written !== keysIn(value);
}

/** Keys of all objects in a value. Bodies may be nested deeper than calls can be. */
function keysIn(value: unknown): number {
  let count = 0;
  const waiting = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next !== "object" || next === null) continue;
    if (!Array.isArray(next)) count += Object.keys(next).length;
    for (const inner of Object.values(next)) waiting.push(inner);
  }
  return count;
}
