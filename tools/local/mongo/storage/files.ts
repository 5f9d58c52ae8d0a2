import fs from "node:fs";

/** The file operations the journal uses, so that a test can make a write fail. */
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
>;

export const realFiles: JournalFiles = fs;
