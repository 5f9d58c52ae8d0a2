import fs from "node:fs";

/** The file operations the journal uses, so that a test can make one fail. */
export type JournalFiles = Pick<
  typeof fs,
  | "openSync"
  | "closeSync"
  | "readSync"
  | "writeSync"
  | "fstatSync"
  | "ftruncateSync"
  | "fsyncSync"
  | "renameSync"
  | "copyFileSync"
  | "rmSync"
>;

export const realFiles: JournalFiles = fs;

/** Writes all of `bytes` at `position`, or throws. */
export function writeAll(
  files: JournalFiles,
  fd: number,
  bytes: Uint8Array,
  position: number,
): void {
  for (let done = 0; done < bytes.length; ) {
    done += files.writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}

/** Reads up to `bytes.length` bytes; returns how many there were. */
export function readFully(
  files: JournalFiles,
  fd: number,
  bytes: Uint8Array,
  position: number,
): number {
  let done = 0;
  while (done < bytes.length) {
    const read = files.readSync(fd, bytes, done, bytes.length - done, position + done);
    if (read === 0) break;
    done += read;
  }
  return done;
}

/** The system's name for a failure, such as ENOENT. */
export function errorCode(error: unknown): string | undefined {
  const isCoded = typeof error === "object" && error !== null && "code" in error;
  return isCoded ? String(error.code) : undefined;
}
