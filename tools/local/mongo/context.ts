import { fail } from "./errors.ts";
import type { Doc, Value } from "./values/codec.ts";
import type { Collation } from "./values/collation.ts";

/**
 * When a command must be done, in milliseconds of performance.now(). Moved to infinity once it has
 * replied, so that its cursor can be read on.
 */
export type Deadline = { at: number };

/** @throws ServerError MaxTimeMSExpired once the command has run for longer than its maxTimeMS. */
export const checkDeadline = (deadline: Deadline | undefined): void => {
  if (deadline && performance.now() > deadline.at) {
    fail("MaxTimeMSExpired", "operation exceeded time limit");
  }
};

/** What one command gives to everything it evaluates: `now` is the one `$$NOW` of the command. */
export type EvaluationContext = {
  now: Date;
  /** Where `$$NOW` stands instead, for what is compiled once and run at several times. */
  clock?: { value: Date };
  deadline?: Deadline;
  /** The command's `let`, already evaluated. */
  variables?: Record<string, Value>;
  collation?: Collation;
};

/** A document for `$merge` to write, in the order of the input. */
export type MergeWrite = {
  /** The fields that identify the document: the filter by which storage finds its counterpart. */
  filter: Doc;
  /** The document to insert if there is no counterpart; undefined: discard it. Throws if the stage says fail. */
  insert: () => Doc | undefined;
  /** What the counterpart becomes; the same reference if it stays. Throws if the stage says fail. */
  update: (existing: Doc) => Doc;
};

/** Where `$merge` and `$out` write: in the command's own database unless `database` is given. */
export type Target = { database?: string; collection: string };

export type PipelineWrite =
  | { kind: "merge"; target: Target; on: string[]; docs: Iterable<MergeWrite> }
  | { kind: "out"; target: Target; docs: Iterable<Doc> };

export type PipelineContext = EvaluationContext & {
  /** The documents of another collection of the same database; `filter` lets an index serve them. */
  read(collection: string, filter?: Doc): Iterable<Doc>;
  /** Absent where a pipeline must not write. */
  write?: (stage: PipelineWrite) => void;
};
