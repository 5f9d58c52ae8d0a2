import { createWriteStream, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";

interface Line {
  level?: string;
  timestamp?: string;
  message?: string;
  method?: string;
  path?: string;
  status?: number;
  duration_ms?: number;
  code?: string;
  error?: unknown;
  _aws?: unknown;
  [field: string]: unknown;
}

/** Fields that are said already, or that every line has and nobody reads on a terminal. */
const known = new Set(
  "level timestamp message service sampling_rate xray_trace_id request_id error".split(" "),
);

/**
 * A structured log line as one for people: time, then method, path, status and duration of a
 * request, or level and message of anything else. Metrics are for the file alone.
 */
export function readable(text: string): string | undefined {
  const line = parsed(text);
  if (line === undefined) return text;
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

const parsed = (text: string): Line | undefined => {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as Line;
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
  const { stack, cause } = Object(error) as { stack?: string; cause?: unknown };
  return `\n${stack ?? JSON.stringify(error)}${errorOf(cause)}`;
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
