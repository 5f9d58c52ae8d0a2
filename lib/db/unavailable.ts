import {
  MongoClientBulkWriteError,
  MongoError,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
} from "mongodb";

/** Errors of the driver that mean its client can no longer be used, or has no free connection. */
const driverErrors = new Set([
  "MongoClientClosedError",
  "MongoNotConnectedError",
  "MongoPoolClosedError",
  "MongoTopologyClosedError",
  "MongoWaitQueueTimeoutError",
]);

/**
 * Codes of a server that cannot serve now: not reachable, not primary, stepping down, out of time,
 * without space (14031), or not letting us in (18 and 8000: credentials that were rotated away).
 * https://www.mongodb.com/docs/manual/reference/error-codes/
 */
const serverCodes = new Set<unknown>([
  6, 7, 18, 50, 89, 91, 189, 262, 8000, 9001, 10107, 11600, 11602, 13435, 13436, 14031,
]);

/** What Node says of a socket whose other end has gone: the driver passes it on as it is if it finds out while it writes. */
const socketCodes = new Set<unknown>(["EPIPE", "ECONNRESET", "ECONNABORTED", "ETIMEDOUT"]);

/** Our own bound on a use of the database passed before it answered. */
export class BoundPassed extends Error {
  constructor(bound: number) {
    super(`no answer from the database within ${bound} ms`);
    this.name = "BoundPassed";
  }
}

/** Whether the database could not be reached or could not serve, so that nothing is wrong with the request. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof BoundPassed) return true;
  if (error instanceof MongoClientBulkWriteError) {
    // What failed as a whole stands in its cause, what failed in one of its steps with that step.
    const steps = [...error.writeErrors.values()];
    return isUnavailable(error.cause) || steps.some(({ code }) => serverCodes.has(code));
  }
  if (error instanceof MongoServerError) {
    return serverCodes.has(error.code) || error.hasErrorLabel("RetryableWriteError");
  }
  return (
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError ||
    (error instanceof MongoError && driverErrors.has(error.name)) ||
    socketCodes.has((error as NodeJS.ErrnoException | undefined)?.code)
  );
}
