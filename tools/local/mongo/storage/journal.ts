import fs from "node:fs";
import path from "node:path";
import { fail } from "../errors.ts";
import { errorCode, type JournalFiles, readFully, writeAll } from "./files.ts";
import { fileMark, frame, readFrames } from "./frame.ts";
import { lockDirectory } from "./lock.ts";
import { type Operation, operationParts } from "./operation.ts";

/** Content of a record of a snapshot: as much as may be written without others noticing the pause. */
const sliceBytes = 1 << 20;

/** What a store's statements have done, in one append-only file that survives a kill of the process. */
export type Journal = {
  /** Length of the file. */
  readonly bytes: number;
  /**
   * Writes the operations of a statement as one record before it returns; not forced to the disk.
   * Throws OutOfDiskSpace (14031), or InternalError for any other failure; the file is as before then.
   */
  append(operations: readonly Operation[]): void;
  /**
   * Writes `state` to a new file, then what was appended meanwhile, and puts it in the place of the
   * old one. A slice for each step, so that statements can run in between; `state` is read lazily.
   */
  compaction(state: Iterable<Operation>): Generator<void, void>;
  close(): void;
};

export type JournalOptions = {
  directory: string;
  files: JournalFiles;
  log: (line: string) => void;
};

/** A journal that can't be read to its end. */
export class CorruptJournalError extends Error {
  readonly file: string;
  readonly offset: number;

  constructor(file: string, offset: number, reason: string) {
    super(
      `${file} is corrupt at byte ${offset}: ${reason}. Start with --repair to keep all that stands ` +
        "before it; the damaged file is kept aside as *.corrupt.",
    );
    this.name = "CorruptJournalError";
    this.file = file;
    this.offset = offset;
  }
}

/**
 * Opens or creates the journal of a folder, and locks the folder. Every record so far goes to
 * `redo`. A last record cut short is dropped. Throws CorruptJournalError.
 */
export function openJournal(
  { directory, files, log }: JournalOptions,
  redo: (record: Buffer) => void,
): Journal {
  fs.mkdirSync(directory, { recursive: true });
  const unlock = lockDirectory(directory);
  const file = path.join(directory, "journal");
  const freshFile = `${file}.new`;
  let fd = -1;
  let end = 0;
  /** A failed write may have left bytes past the end. */
  let untidy = false;

  function read(): void {
    files.rmSync(freshFile, { force: true });
    fd = files.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT);
    const reading = readFrames(files, fd, redo);
    if (typeof reading.problem === "object") {
      throw new CorruptJournalError(file, reading.end, reading.problem.reason);
    }
    end = reading.end;
    if (reading.problem === "torn") {
      log(`${file}: dropped the last record, cut short at byte ${end}`);
      files.ftruncateSync(fd, end);
    }
    if (end === 0) write(fileMark);
  }

  function write(bytes: Uint8Array): void {
    try {
      if (untidy) files.ftruncateSync(fd, end);
      untidy = true;
      writeAll(files, fd, bytes, end);
      end += bytes.length;
      untidy = false;
    } catch (error) {
      tidy();
      refuseWrite(file, error);
    }
  }

  /** If this fails too, the next write tries again before it writes. */
  function tidy(): void {
    try {
      files.ftruncateSync(fd, end);
      untidy = false;
    } catch {
      log(`${file}: can't be cut back to byte ${end} yet`);
    }
  }

  function close(): void {
    if (fd !== -1) files.closeSync(fd);
    fd = -1;
    unlock();
  }

  try {
    read();
  } catch (error) {
    close();
    throw error;
  }

  return {
    get bytes() {
      return end;
    },
    append(operations) {
      write(frame(operations.flatMap(operationParts)));
    },
    *compaction(state) {
      let copied = end;
      const fresh = files.openSync(freshFile, "w+");
      let freshEnd = 0;
      let done = false;
      const add = (bytes: Uint8Array): void => {
        writeAll(files, fresh, bytes, freshEnd);
        freshEnd += bytes.length;
      };
      try {
        add(fileMark);
        for (const slice of slices(state)) {
          add(frame(slice));
          yield;
        }
        // The old file goes with the rename: a power cut must not leave a new one that was never written.
        files.fsyncSync(fresh);
        while (copied < end) {
          const part = Buffer.allocUnsafe(Math.min(end - copied, sliceBytes));
          readFully(files, fd, part, copied);
          add(part);
          copied += part.length;
        }
        files.renameSync(freshFile, file);
        done = true;
        const old = fd;
        fd = fresh;
        end = freshEnd;
        untidy = false;
        files.closeSync(old);
      } finally {
        if (!done) {
          files.closeSync(fresh);
          files.rmSync(freshFile, { force: true });
        }
      }
    },
    close,
  };
}

/** Cuts a corrupt journal back to its good part, after a copy of it as the first free `*.corrupt` name. */
export function repairJournal(
  { file, offset }: CorruptJournalError,
  { files, log }: JournalOptions,
): void {
  let aside = `${file}.corrupt`;
  for (let n = 2; fs.existsSync(aside); n += 1) aside = `${file}.${n}.corrupt`;
  files.copyFileSync(file, aside);
  const fd = files.openSync(file, "r+");
  try {
    files.ftruncateSync(fd, offset);
  } finally {
    files.closeSync(fd);
  }
  log(`${file}: kept the first ${offset} bytes; the damaged file is ${aside}`);
}

function refuseWrite(file: string, error: unknown): never {
  const full = ["ENOSPC", "EDQUOT"].includes(errorCode(error) ?? "");
  return fail(
    full ? "OutOfDiskSpace" : "InternalError",
    full ? `No space left to write ${file}` : `Writing ${file} failed: ${String(error)}`,
  );
}

/** Groups the parts of operations into records of about a slice each. */
function* slices(operations: Iterable<Operation>): Generator<Uint8Array[]> {
  let slice: Uint8Array[] = [];
  let bytes = 0;
  for (const operation of operations) {
    slice.push(...operationParts(operation));
    bytes += operation.document.length;
    if (bytes >= sliceBytes) {
      yield slice;
      slice = [];
      bytes = 0;
    }
  }
  if (slice.length > 0) yield slice;
}
