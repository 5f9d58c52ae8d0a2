/** Bytes of a whole answer that are read at most. */
export const longestAnswer = 16 * 1024 * 1024;

interface Bounds {
  mostBytes: number;
  /** Told whenever some of it has come. */
  heard?: () => void;
}

/**
 * The text of a body in UTF-8, at most its first `mostBytes` bytes, once unpacked. The rest is not
 * waited for: its connection is ended.
 */
export async function readText(
  { body }: Response,
  { mostBytes, heard }: Bounds,
): Promise<{ text: string; isWhole: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    heard?.();
    chunks.push(chunk);
    size += chunk.length;
    // Leaving the loop cancels the body.
    if (size > mostBytes) break;
  }
  const bytes = Buffer.concat(chunks).subarray(0, mostBytes);
  return { text: new TextDecoder().decode(bytes), isWhole: size <= mostBytes };
}
