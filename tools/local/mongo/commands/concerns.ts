/** Read and write concerns as a replica set of one member takes them. */
import { Int32 } from "bson";
import { fail } from "../errors.ts";
import { type Doc, toNumber } from "../values/codec.ts";
import { isNumber } from "../values/kinds.ts";
import type { Command } from "./command.ts";

const READ_LEVELS = ["local", "available", "majority", "linearizable"];
const WRITE_CONCERN_FIELDS = ["w", "j", "wtimeout", "fsync"];

/** @throws ServerError unless `command` can run at that read concern. */
export const checkReadConcern = (command: Command, concern: Doc | undefined): void => {
  if (!concern || Object.keys(concern).length === 0) return;
  if (!command.reads) {
    fail("InvalidOptions", `Command ${command.name} does not support readConcern`);
  }
  const { level = "local", ...rest } = concern;
  if (level === "snapshot") {
    fail("InvalidOptions", "readConcern snapshot is not supported by the embedded database");
  }
  if (typeof level !== "string" || !READ_LEVELS.includes(level)) {
    fail(
      "FailedToParse",
      "readConcern.level must be either 'local', 'majority', 'linearizable', 'available', or 'snapshot'",
    );
  }
  const [unknown] = Object.keys(rest).filter((field) => field !== "provenance");
  if (unknown) {
    fail("InvalidOptions", `readConcern.${unknown} is not supported by the embedded database`);
  }
};

/** @throws ServerError unless `command` takes a write concern and it is well-formed. */
export const checkWriteConcern = (command: Command, concern: Doc | undefined): void => {
  if (!concern) return;
  if (!command.writes && Object.keys(concern).length > 0) {
    fail("InvalidOptions", `Command ${command.name} does not support writeConcern`);
  }
  for (const field in concern) {
    if (!WRITE_CONCERN_FIELDS.includes(field) && field !== "provenance") {
      fail("IDLUnknownField", `BSON field 'writeConcern.${field}' is an unknown field.`);
    }
  }
  const { w } = concern;
  if (w === undefined || typeof w === "string") return;
  if (!isNumber(w)) fail("FailedToParse", "w has to be a number or a string");
  if (toNumber(w) < 0 || toNumber(w) > 50) {
    fail("FailedToParse", "w has to be a non-negative number and not greater than 50");
  }
};

/** What the reply says when the write was applied but so many members can't confirm it. */
export const writeConcernFailure = (concern: Doc | undefined): Doc | undefined => {
  const w = concern?.w;
  if (w === undefined || w === "majority") return undefined;
  if (typeof w === "string") {
    return {
      code: new Int32(79),
      codeName: "UnknownReplWriteConcern",
      errmsg: `No write concern mode named '${w}' found in replica set configuration`,
    };
  }
  if (toNumber(w) <= 1) return undefined;
  return {
    code: new Int32(100),
    codeName: "UnsatisfiableWriteConcern",
    errmsg: "Not enough data-bearing nodes",
  };
};
