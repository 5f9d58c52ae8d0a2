import { Logger } from "@aws-lambda-powertools/logger";
import { redact } from "./redact.ts";

type Fields = Record<string, unknown>;

/** What code may do with a log: one line a call, each a message and fields. */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** A log that adds `fields` to each line. */
  with(fields: Fields): Log;
}

/**
 * Structured JSON lines on standard output, without secrets. Fields are passed with each line and
 * never kept in the logger, because requests may run side by side in one process.
 */
export function createLog(
  level: NonNullable<ConstructorParameters<typeof Logger>[0]>["logLevel"],
): Log {
  const logger = new Logger({
    serviceName: "promptenchanter",
    ...(level && { logLevel: level }),
    jsonReplacerFn: redact,
  });
  const scoped = (kept: Fields): Log => ({
    debug: (message, fields) => logger.debug(message, { ...kept, ...fields }),
    info: (message, fields) => logger.info(message, { ...kept, ...fields }),
    warn: (message, fields) => logger.warn(message, { ...kept, ...fields }),
    error: (message, fields) => logger.error(message, { ...kept, ...fields }),
    with: (fields) => scoped({ ...kept, ...fields }),
  });
  return scoped({});
}
