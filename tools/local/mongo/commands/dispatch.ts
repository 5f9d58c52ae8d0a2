/** From a command document to its reply. */
import { Double, Int32 } from "bson";
import { checkDeadline } from "../context.ts";
import { errorCodes, fail, ServerError } from "../errors.ts";
import { retryLog, type Session } from "../sessions.ts";
import type { Doc } from "../values/codec.ts";
import type { Command, Connection, Request, Server } from "./command.ts";
import { checkReadConcern, checkWriteConcern, writeConcernFailure } from "./concerns.ts";
import { bool, long, object, optional, parseFields, text, wholeFrom } from "./fields.ts";
import { findCommand } from "./table.ts";

/** MongoDB's list of errors after which a driver may send a retryable write again. */
const RETRYABLE: ReadonlySet<number> = new Set([
  errorCodes.HostUnreachable,
  errorCodes.HostNotFound,
  errorCodes.NetworkTimeout,
  errorCodes.ShutdownInProgress,
  errorCodes.PrimarySteppedDown,
  errorCodes.ExceededTimeLimit,
  errorCodes.SocketException,
  errorCodes.NotWritablePrimary,
  errorCodes.InterruptedAtShutdown,
  errorCodes.InterruptedDueToReplStateChange,
  errorCodes.NotPrimaryNoSecondaryOk,
  errorCodes.NotPrimaryOrSecondary,
]);

const envelope = {
  $db: optional(text),
  lsid: optional(object),
  txnNumber: optional(long),
  startTransaction: optional(bool),
  autocommit: optional(bool),
  apiVersion: optional(text),
  apiStrict: optional(bool),
  maxTimeMS: optional(wholeFrom(0)),
  readConcern: optional(object),
  writeConcern: optional(object),
};

/** The name of the command in `body`: that of its first field. */
export const commandName = (body: Doc): string => Object.keys(body)[0] ?? "";

/**
 * Runs one command; every failure becomes a reply.
 * Undefined means that a fail point wants the reply lost and the connection cut.
 * @param arrival when the command came in, by performance.now(): maxTimeMS counts from there
 */
export const dispatch = (
  server: Server,
  connection: Connection,
  body: Doc,
  arrival: number,
): Doc | undefined | Promise<Doc | undefined> => {
  try {
    const command = findCommand(commandName(body));
    if (!command) return fail("CommandNotFound", `no such command: '${commandName(body)}'`);
    server.opcounters[command.counts ?? "command"]++;
    const reply = runCommand(command, server, connection, body, arrival);
    if (!(reply instanceof Promise)) return reply;
    return reply.catch((error: unknown) => errorReply(error, body, server));
  } catch (error) {
    return errorReply(error, body, server);
  }
};

const runCommand = (
  command: Command,
  server: Server,
  connection: Connection,
  body: Doc,
  arrival: number,
): Doc | undefined | Promise<Doc | undefined> => {
  const given = readEnvelope(command.name, body);
  const db = given.$db ?? fail(40571, "OP_MSG requests require a $db argument");
  checkDatabaseName(db);
  if (command.adminOnly && db !== "admin") {
    fail("Unauthorized", `${command.name} may only be run against the admin database.`);
  }
  if (given.autocommit !== undefined || given.startTransaction !== undefined) {
    fail(
      "OperationNotSupportedInTransaction",
      "the embedded database has no multi-document transactions",
    );
  }
  checkApi(given.apiVersion, given.apiStrict);
  checkReadConcern(command, given.readConcern);
  checkWriteConcern(command, given.writeConcern);
  const session = given.lsid && server.sessions.use(given.lsid);
  const deadline = { at: given.maxTimeMS ? arrival + given.maxTimeMS : Number.POSITIVE_INFINITY };
  const request: Request = {
    server,
    connection,
    body,
    db,
    now: new Date(),
    deadline,
    session,
    retryLog: given.txnNumber && openRetryLog(command, session, given.txnNumber),
  };
  const fault = request.retryLog && server.failPoints.onRetryableWrite();
  if (fault?.code !== undefined) fail(fault.code, "failBeforeCommitExceptionCode set");
  if (given.maxTimeMS && server.failPoints.onTimedCommand()) deadline.at = Number.NEGATIVE_INFINITY;
  checkDeadline(deadline);
  const finish = (reply: Doc): Doc | undefined => {
    deadline.at = Number.POSITIVE_INFINITY;
    if (fault?.closeConnection) return undefined;
    reply.ok = new Double(1);
    const unmet = writeConcernFailure(given.writeConcern);
    if (unmet) reply.writeConcernError = unmet;
    return reply;
  };
  const reply = command.run(request);
  return reply instanceof Promise ? reply.then(finish) : finish(reply);
};

const readEnvelope = (name: string, body: Doc) => {
  const shared: Doc = {};
  for (const field in envelope) {
    const value = body[field];
    if (value !== undefined) shared[field] = value;
  }
  return parseFields(name, envelope, shared);
};

const openRetryLog = (
  command: Command,
  session: Session | undefined,
  txnNumber: Parameters<typeof retryLog>[1],
) => {
  if (!session) {
    return fail("InvalidOptions", "Transaction number requires a session ID to also be specified");
  }
  if (!command.retryable) {
    fail(
      "NotARetryableWriteCommand",
      `txnNumber may only be provided for multi-document transactions and retryable write commands. autocommit:false was not provided, and ${command.name} is not a retryable write command.`,
    );
  }
  return retryLog(session, txnNumber);
};

const checkDatabaseName = (db: string): void => {
  if (db === "" || db.length > 63 || /[\0/\\. "$]/.test(db)) {
    if (db !== "$external") fail("InvalidNamespace", `Invalid database name: '${db}'`);
  }
};

const checkApi = (version: string | undefined, strict: boolean | undefined): void => {
  if (version !== undefined && version !== "1") {
    fail("APIVersionError", 'API version must be "1"');
  }
  if (strict) fail("APIStrictError", "apiStrict is not supported by the embedded database");
};

/** The reply for a failure; what nobody foresaw is logged whole. */
export const errorReply = (error: unknown, body: Doc, server: Server): Doc => {
  if (!(error instanceof ServerError)) {
    server.log(`${commandName(body)} failed unexpectedly: ${describe(error)}`);
    return failure(errorCodes.InternalError, "InternalError", `${error}`);
  }
  const reply = failure(error.code, error.codeName, error.message);
  return { ...reply, ...retryLabel(error.code, body), ...error.details };
};

/** The label that tells a driver to send this write again. */
export const retryLabel = (code: number, body: Doc): Doc =>
  body.txnNumber !== undefined && RETRYABLE.has(code)
    ? { errorLabels: ["RetryableWriteError"] }
    : {};

const failure = (code: number, codeName: string, errmsg: string): Doc => ({
  ok: new Double(0),
  errmsg,
  code: new Int32(code),
  codeName,
});

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
