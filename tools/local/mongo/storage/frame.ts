import { crc32 } from "node:zlib";
import { type JournalFiles, readFully } from "./files.ts";

/*
 * The journal file: eight bytes that name the format, then records. A record is the length of its
 * content, the content's CRC-32, the CRC-32 of these eight bytes (each uint32 LE), and the content.
 * The check of the length tells a last record cut short (its length reaches past the end of the
 * file) from a damaged length, which would otherwise look the same and hide all that follows it.
 */

export const fileMark = Buffer.from("PEJRNL1\n");
const headBytes = 12;
const chunkBytes = 1 << 22;

/** One record, made of `parts` one after the other. */
export function frame(parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const record = Buffer.allocUnsafe(headBytes + length);
  let at = headBytes;
  for (const part of parts) {
    record.set(part, at);
    at += part.length;
  }
  record.writeUInt32LE(length, 0);
  record.writeUInt32LE(crc32(record.subarray(headBytes)), 4);
  record.writeUInt32LE(crc32(record.subarray(0, 8)), 8);
  return record;
}

/** Where the good part of a file ends, and what is wrong with the rest, if there is one. */
export type Reading = { end: number; problem?: "torn" | { reason: string } };

/**
 * Calls `visit` with the content of each record, which is overwritten afterwards. Stops at the first
 * record that is not whole ("torn": the file ends inside it), not sound, or that `visit` throws on.
 */
export function readFrames(
  files: JournalFiles,
  fd: number,
  visit: (content: Buffer) => void,
): Reading {
  const size = files.fstatSync(fd).size;
  let chunk = Buffer.allocUnsafe(Math.min(chunkBytes, size));
  let start = 0;
  let filled = readFully(files, fd, chunk, 0);

  /** The bytes of [from, from + length), which lie inside the file. */
  function window(from: number, length: number): Buffer {
    if (from + length > start + filled) {
      if (length > chunk.length) chunk = Buffer.allocUnsafe(length);
      start = from;
      filled = readFully(files, fd, chunk, from);
    }
    return chunk.subarray(from - start, from - start + length);
  }

  const mark = window(0, Math.min(size, fileMark.length));
  if (!mark.equals(fileMark.subarray(0, mark.length))) {
    return { end: 0, problem: { reason: "this is not a journal" } };
  }
  if (size < fileMark.length) return size === 0 ? { end: 0 } : { end: 0, problem: "torn" };

  for (let end = fileMark.length; ; ) {
    if (end === size) return { end };
    if (size - end < headBytes) return { end, problem: "torn" };
    const head = window(end, headBytes);
    if (crc32(head.subarray(0, 8)) !== head.readUInt32LE(8)) {
      return { end, problem: { reason: "the head of a record is damaged" } };
    }
    const length = head.readUInt32LE(0);
    const check = head.readUInt32LE(4);
    if (length > size - end - headBytes) return { end, problem: "torn" };
    const content = window(end + headBytes, length);
    if (crc32(content) !== check) return { end, problem: { reason: "a record is damaged" } };
    try {
      visit(content);
    } catch (error) {
      return { end, problem: { reason: error instanceof Error ? error.message : String(error) } };
    }
    end += headBytes + length;
  }
}
