import { MongoClientBulkWriteError, MongoServerError } from "mongodb";

/** The server's code for a value that a unique index holds already. */
const duplicate = 11000;

/** Whether a write failed because a unique index holds one of its values already; of a batch, optionally, the step of that number. */
export const isDuplicateKey = (error: unknown, step?: number): boolean =>
  failedWith(duplicate, error, step);

/** Whether a write failed with a code of the server's; of a batch, optionally, the step of that number. */
export function failedWith(wanted: number, error: unknown, step?: number): boolean {
  if (error instanceof MongoClientBulkWriteError) {
    return [...error.writeErrors].some(
      ([index, { code }]) => code === wanted && (step === undefined || index === step),
    );
  }
  return step === undefined && error instanceof MongoServerError && error.code === wanted;
}
