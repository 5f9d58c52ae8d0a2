import { MongoClientBulkWriteError, MongoServerError } from "mongodb";

/** The server's code for a value that a unique index holds already. */
const duplicate = 11000;

/** Whether a write failed because a unique index holds one of its values already; of a batch, optionally, the step of that number. */
export function isDuplicateKey(error: unknown, step?: number): boolean {
  if (error instanceof MongoClientBulkWriteError) {
    return [...error.writeErrors].some(
      ([index, { code }]) => code === duplicate && (step === undefined || index === step),
    );
  }
  return step === undefined && error instanceof MongoServerError && error.code === duplicate;
}
