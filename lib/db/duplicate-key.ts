import { MongoClientBulkWriteError, MongoServerError } from "mongodb";

/** The server's code for a value that a unique index holds already. */
const duplicate = 11000;

/** Whether a write failed because a unique index holds one of its values already. */
export function isDuplicateKey(error: unknown): boolean {
  if (error instanceof MongoClientBulkWriteError) {
    return [...error.writeErrors.values()].some(({ code }) => code === duplicate);
  }
  return error instanceof MongoServerError && error.code === duplicate;
}
