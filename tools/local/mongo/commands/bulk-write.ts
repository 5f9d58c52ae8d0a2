/** bulkWrite, the one command that writes to several collections. */
import { Double, Int32 } from "bson";
import { fail } from "../errors.ts";
import type { WriteOutcome } from "../sessions.ts";
import type { Doc, Value } from "../values/codec.ts";
import { integer } from "../values/numbers.ts";
import { command, type Request } from "./command.ts";
import {
  any,
  bool,
  object,
  objects,
  optional,
  parseFields,
  required,
  text,
  wholeFrom,
  withDefault,
} from "./fields.ts";
import { batchSizeOf, evaluationOf, hintOf } from "./query.ts";
import { type Result, retriedStatements, runStatements } from "./run-statements.ts";
import { deleteDocuments, insertDocument, type Target, updateDocuments } from "./statements.ts";
import { updateOf } from "./update-argument.ts";

type Kind = "insert" | "update" | "delete";

type Operation = { kind: Kind; multi: boolean; run: () => WriteOutcome };

const insertFields = { insert: required(wholeFrom(0)), document: required(object) };

const updateFields = {
  update: required(wholeFrom(0)),
  filter: required(object),
  updateMods: required(updateOf),
  multi: withDefault(bool, false),
  upsert: withDefault(bool, false),
  arrayFilters: optional(objects),
  hint: optional(hintOf),
  collation: optional(object),
  constants: optional(object),
  sort: optional(object),
};

const deleteFields = {
  delete: required(wholeFrom(0)),
  filter: required(object),
  multi: withDefault(bool, false),
  hint: optional(hintOf),
  collation: optional(object),
};

const namespaceFields = { ns: required(text), collectionUUID: optional(any) };

const fields = {
  bulkWrite: required(any),
  ops: required(objects),
  nsInfo: required(objects),
  ordered: withDefault(bool, true),
  errorsOnly: withDefault(bool, false),
  bypassDocumentValidation: withDefault(bool, false),
  let: optional(object),
  cursor: withDefault(object, {}),
};

const bulkWrite = command({
  name: "bulkWrite",
  writes: true,
  retryable: true,
  adminOnly: true,
  fields,
  run: (args, request) => {
    const namespaces = args.nsInfo.map((info, index) =>
      readNamespace(parseFields(`bulkWrite.nsInfo.${index}`, namespaceFields, info).ns),
    );
    const target = (index: number): Target => ({
      request,
      namespace: namespaces[index] ?? badNamespaceIndex(index),
      bypassValidation: args.bypassDocumentValidation,
    });
    const operations = args.ops.map((op) => readOperation(op, request, args.let, target));
    if (request.retryLog && operations.some(({ multi }) => multi)) {
      fail("InvalidOptions", "Cannot use (or request) retryable writes with multi=true");
    }
    const results = runStatements(
      request,
      { statements: operations, ordered: args.ordered },
      (operation) => operation.run(),
    );
    const shown = args.errorsOnly ? results.filter((result) => "error" in result) : results;
    return {
      cursor: request.server.cursors.open({
        namespace: "admin.$cmd.bulkWrite",
        docs: shown.map((result) => showResult(result, operations[result.index]?.kind)),
        batchSize: batchSizeOf(args.cursor, "bulkWrite.cursor") ?? Number.POSITIVE_INFINITY,
        session: request.session?.key,
      }),
      ...totals(results, operations),
      ...retriedStatements(results),
    };
  },
});

const readNamespace = (namespace: string): string =>
  /^[^.]+\.[^\0]+$/.test(namespace)
    ? namespace
    : fail("InvalidNamespace", `Invalid namespace specified for bulkWrite: '${namespace}'`);

const badNamespaceIndex = (index: number): never =>
  fail("BadValue", `BulkWrite ops entry has an invalid nsInfo index: ${index}`);

const readOperation = (
  op: Doc,
  request: Request,
  variables: Doc | undefined,
  targetOf: (index: number) => Target,
): Operation => {
  if ("insert" in op) {
    const { insert, document } = parseFields("bulkWrite.insert", insertFields, op);
    const target = targetOf(insert);
    return { kind: "insert", multi: false, run: () => insertDocument(target, document) };
  }
  if ("update" in op) {
    const parsed = parseFields("bulkWrite.update", updateFields, op);
    const target = targetOf(parsed.update);
    const { updateMods, constants, collation, multi } = parsed;
    if (multi && parsed.sort) fail("FailedToParse", "Cannot specify sort with multi=true");
    const run = () => {
      const visible = constants ? { ...variables, ...constants } : variables;
      const context = evaluationOf(request, { let: visible, collation });
      return updateDocuments(target, { ...parsed, update: updateMods, context });
    };
    return { kind: "update", multi, run };
  }
  if ("delete" in op) {
    const parsed = parseFields("bulkWrite.delete", deleteFields, op);
    const target = targetOf(parsed.delete);
    const run = () => {
      const context = evaluationOf(request, { let: variables, collation: parsed.collation });
      return deleteDocuments(target, { ...parsed, context });
    };
    return { kind: "delete", multi: parsed.multi, run };
  }
  return fail("FailedToParse", `Unrecognized bulkWrite operation: ${Object.keys(op)[0] ?? ""}`);
};

const showResult = (result: Result, kind: Kind | undefined): Doc => {
  const idx = integer(result.index);
  if ("error" in result) {
    const { code, message, details } = result.error;
    return {
      ok: new Double(0),
      idx,
      code: new Int32(code),
      errmsg: message,
      ...details,
      n: integer(0),
      ...(kind === "update" ? { nModified: integer(0) } : {}),
    };
  }
  const { n, nModified, upserted } = result.outcome;
  return {
    ok: new Double(1),
    idx,
    n: integer(n),
    ...(nModified === undefined ? {} : { nModified: integer(nModified) }),
    ...(upserted === undefined ? {} : { upserted: { _id: upserted } }),
  };
};

const totals = (results: Result[], operations: Operation[]): Doc => {
  const total = { nErrors: 0, nInserted: 0, nMatched: 0, nModified: 0, nUpserted: 0, nDeleted: 0 };
  for (const result of results) {
    if ("error" in result) {
      total.nErrors++;
      continue;
    }
    const { n, nModified = 0, upserted } = result.outcome;
    const kind = operations[result.index]?.kind;
    if (kind === "insert") total.nInserted += n;
    else if (kind === "delete") total.nDeleted += n;
    else if (upserted !== undefined) total.nUpserted++;
    else total.nMatched += n;
    total.nModified += nModified;
  }
  return Object.fromEntries(
    Object.entries(total).map(([name, count]): [string, Value] => [name, integer(count)]),
  );
};

export const bulkWriteCommands = [bulkWrite];
