import { createWriteStream, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

/** What is not of its type is not there: a line must be readable whatever somebody logged. */
const text = z.string().optional().catch(undefined);
const number = z.number().optional().catch(undefined);

const Line = z.looseObject({
  level: text,
  timestamp: text,
  message: text,
  method: text,
  path: text,
  status: number,
  duration_ms: number,
  code: text,
  error: z.unknown().optional(),
  _aws: z.unknown().optional(),
});
type Line = z.output<typeof Line>;

/** Fields that are said already, or that every line has and nobody reads on a terminal. */
const known = new Set(
  "level timestamp message service sampling_rate xray_trace_id request_id error".split(" "),
);

/**
 * A structured log line as one for people: time, then method, path, status and duration of a
 * request, or level and message of anything else. Metrics are for the file alone.
 */
export function readable(raw: string): string | undefined {
  const line = parsed(raw);
  if (line === undefined) return raw;
  if (line._aws !== undefined) return undefined;
  const {
    level,
    timestamp,
    message,
    method,
    path,
    status,
    duration_ms: duration,
    code,
    error,
  } = line;
  const time = timeOf(timestamp);
  if (message === "request" && method !== undefined) {
    return [time, method, path, status, `${duration} ms`, code].filter(Boolean).join(" ");
  }
  const rest = Object.fromEntries(Object.entries(line).filter(([field]) => !known.has(field)));
  const more = Object.keys(rest).length === 0 ? "" : JSON.stringify(rest);
  return [time, level, message, more, errorOf(error)].filter(Boolean).join(" ");
}

const parsed = (raw: string): Line | undefined => {
  if (!raw.startsWith("{")) return undefined;
  try {
    return Line.parse(JSON.parse(raw));
  } catch {
    return undefined;
  }
};

const timeOf = (timestamp: string | undefined): string => {
  const time = new Date(timestamp ?? Number.NaN);
  return Number.isNaN(time.getTime()) ? "" : time.toTimeString().slice(0, 8);
};

/** Stacks keep their lines: they are read with eyes, and clicked. The last cause is the first to look at. */
const errorOf = (error: unknown): string => {
  if (error === undefined || error === null) return "";
  if (typeof error === "string") return `\n${error}`;
  const { stack, cause } = Object(error) as { stack?: unknown; cause?: unknown };
  return `\n${typeof stack === "string" ? stack : JSON.stringify(error)}${errorOf(cause)}`;
};

interface LogFile {
  path: string;
  write(line: string): void;
  end(): Promise<void>;
}

/**
 * The file for the full log lines of one run, in `directory`; the run before it is kept beside it.
 */
export function openLogFile(directory: string): LogFile {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, "functions.log");
  try {
    renameSync(path, join(directory, "functions.previous.log"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const file = createWriteStream(path);
  // A full disk must not end the stack; the terminal still shows the lines.
  file.on("error", () => {});
  return {
    path,
    write: (line) => file.write(`${line}\n`),
    end: () => new Promise((resolve) => file.end(resolve)),
  };
}
