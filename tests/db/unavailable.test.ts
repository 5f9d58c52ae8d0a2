import { expect, it } from "@jest/globals";
import { MongoNetworkError, MongoServerError } from "mongodb";
import { BoundPassed, isUnavailable } from "../../lib/db/unavailable.ts";

const withCode = (code: string) => Object.assign(new Error("socket"), { code });

it.each<[string, unknown, boolean]>([
  ["our own bound", new BoundPassed(5_000), true],
  ["a connection that broke", new MongoNetworkError("broke"), true],
  ["a socket that turned out to be ended in writing", withCode("EPIPE"), true],
  ["a socket that was reset", withCode("ECONNRESET"), true],
  ["a primary that steps down", new MongoServerError({ message: "no", code: 189 }), true],
  ["credentials that were rotated away", new MongoServerError({ message: "no", code: 18 }), true],
  ["a duplicate key", new MongoServerError({ message: "dup", code: 11000 }), false],
  ["a mistake in the code", new TypeError("undefined is not a function"), false],
  ["a file that is not there", withCode("ENOENT"), false],
])("%s: whether the database is away", (_, error, away) => {
  expect(isUnavailable(error)).toBe(away);
});
