import { expect, it } from "@jest/globals";
import { MongoClientBulkWriteError, MongoNetworkError, MongoServerError } from "mongodb";
import { BoundPassed, isUnavailable } from "../../lib/db/unavailable.ts";

const stepFailed = (code: number): MongoClientBulkWriteError => {
  const error = new MongoClientBulkWriteError({ message: "a step failed" });
  error.writeErrors.set(1, { code, message: "no" });
  return error;
};
const batchFailed = (code: number): MongoClientBulkWriteError => {
  const error = new MongoClientBulkWriteError({ message: "the batch failed" });
  error.cause = new MongoServerError({ message: "no", code });
  return error;
};
const withCode = (code: string) => Object.assign(new Error("socket"), { code });

it.each<[string, unknown, boolean]>([
  ["our own bound", new BoundPassed(5_000), true],
  ["a connection that broke", new MongoNetworkError("broke"), true],
  ["a socket that turned out to be ended in writing", withCode("EPIPE"), true],
  ["a socket that was reset", withCode("ECONNRESET"), true],
  ["a primary that steps down", new MongoServerError({ message: "no", code: 189 }), true],
  ["credentials that were rotated away", new MongoServerError({ message: "no", code: 18 }), true],
  ["no space left", new MongoServerError({ message: "full", code: 14031 }), true],
  ["no space left for one step of a batch", stepFailed(14031), true],
  ["a primary that steps down before a batch", batchFailed(189), true],
  ["a duplicate key in one step of a batch", stepFailed(11000), false],
  ["a batch that the server does not understand", batchFailed(9), false],
  ["a duplicate key", new MongoServerError({ message: "dup", code: 11000 }), false],
  ["a mistake in the code", new TypeError("undefined is not a function"), false],
  ["a file that is not there", withCode("ENOENT"), false],
])("%s: whether the database is away", (_, error, away) => {
  expect(isUnavailable(error)).toBe(away);
});
