/** How a write command runs its statements: in one journal record, each at most once. */
import { Int32 } from "bson";
import { errorCodes, fail, ServerError } from "../errors.ts";
import { MAX_WRITE_BATCH } from "../limits.ts";
import type { WriteOutcome } from "../sessions.ts";
import type { Doc } from "../values/codec.ts";
import type { Request } from "./command.ts";

/** What became of the statement at `index`. */
export type Result = { index: number } & (
  | { outcome: WriteOutcome; retried: boolean }
  | { error: ServerError }
);

/**
 * Runs statements until the end, or until the first failure if they are ordered. A statement that
 * a retried command has already carried out is not run again; its outcome stands.
 * @throws ServerError if there are too few or too many, if time runs out, or if nothing could be
 * written down; all of them are undone then.
 */
export const runStatements = <S>(
  request: Request,
  { statements, ordered }: { statements: readonly S[]; ordered: boolean },
  run: (statement: S) => WriteOutcome,
): Result[] => {
  if (statements.length === 0 || statements.length > MAX_WRITE_BATCH) {
    fail(
      "InvalidLength",
      `Write batch sizes must be between 1 and ${MAX_WRITE_BATCH}. Got ${statements.length} operations.`,
    );
  }
  const results: Result[] = [];
  request.server.store.batch(() => {
    for (const [index, statement] of statements.entries()) {
      const remembered = request.retryLog?.get(index);
      const result: Result = remembered
        ? { index, outcome: remembered, retried: true }
        : attempt(index, () => run(statement));
      results.push(result);
      if ("error" in result && ordered) break;
    }
  });
  remember(request, results);
  return results;
};

/** Runs the one statement of a command that fails as a whole if it fails. */
export const runStatement = (
  request: Request,
  run: () => WriteOutcome,
): { outcome: WriteOutcome; retried: boolean } => {
  const [result] = runStatements(request, { statements: [run], ordered: true }, (each) => each());
  if (!result) throw new Error("a statement was neither run nor refused");
  if ("error" in result) throw result.error;
  return result;
};

const attempt = (index: number, run: () => WriteOutcome): Result => {
  try {
    return { index, outcome: run(), retried: false };
  } catch (error) {
    if (error instanceof ServerError && error.code !== errorCodes.MaxTimeMSExpired) {
      return { index, error };
    }
    throw error;
  }
};

/** Only after the batch is written down: what was undone must be run again by a retry. */
const remember = ({ retryLog }: Request, results: Result[]): void => {
  if (!retryLog) return;
  for (const result of results) {
    if ("outcome" in result && changedSomething(result.outcome)) {
      retryLog.set(result.index, result.outcome);
    }
  }
};

const changedSomething = ({ n, nModified, upserted }: WriteOutcome): boolean =>
  upserted !== undefined || (nModified ?? n) > 0;

/** The numbers of the statements whose earlier outcome was returned, as replies show them. */
export const retriedStatements = (results: Result[]): Doc => {
  const retriedStmtIds = results
    .filter((result) => "outcome" in result && result.retried)
    .map(({ index }) => new Int32(index));
  return retriedStmtIds.length > 0 ? { retriedStmtIds } : {};
};
