type Known = { name: string; bytes: Buffer };

const SLOTS = 4096;
const MAX_BYTES = 48;
const known: (Known | undefined)[] = new Array(SLOTS).fill(undefined);

/**
 * The field name in `bytes` from `start` to `end`. Names come again and again, so each is made
 * once and found by its bytes; the same string object also makes objects faster to build.
 */
export function fieldName(bytes: Buffer, start: number, end: number): string {
  const length = end - start;
  if (length > MAX_BYTES || length < 0) return bytes.toString("utf8", start, end);
  let hash = length;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
  const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
  const candidate = known[slot];
  if (candidate && isSame(candidate.bytes, bytes, start, length)) return candidate.name;
  const name = bytes.toString("utf8", start, end);
  known[slot] = { name, bytes: Buffer.from(bytes.subarray(start, end)) };
  return name;
}

function isSame(known: Buffer, bytes: Buffer, start: number, length: number): boolean {
  if (known.length !== length) return false;
  for (let at = 0; at < length; at++) if (known[at] !== bytes[start + at]) return false;
  return true;
}
