import type { IncomingMessage } from "node:http";

/** The body of a request, or nothing if it is larger than `limit` bytes; the rest is then read and dropped. */
export async function readBody(
  incoming: IncomingMessage,
  limit: number,
): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    size += part.length;
    if (size <= limit) parts.push(part);
    else parts.length = 0;
  }
  return size > limit ? undefined : Buffer.concat(parts);
}
