import { fail } from "../errors.ts";
import type { Verbosity } from "../planner.ts";
import { isWriteStage } from "../stages/write.ts";
import { type Doc, isDoc, toNumber, type Value } from "../values/codec.ts";
import { isNumber } from "../values/kinds.ts";
import { command, type Request } from "./command.ts";
import { explainReply } from "./explain-reply.ts";
import {
  type Arguments,
  bool,
  object,
  objects,
  optional,
  required,
  withDefault,
} from "./fields.ts";
import { collectionName, fullName } from "./namespace.ts";
import { accountOfPipeline, runPipeline } from "./pipelines.ts";
import { batchSizeOf, evaluationOf, hintOf } from "./query.ts";

/** A collection, or 1 for a pipeline that brings its own documents. */
const sourceName = (value: Value): string | undefined =>
  isNumber(value) && toNumber(value) === 1 ? undefined : collectionName(value);

const fields = {
  aggregate: required(sourceName),
  pipeline: required(objects),
  cursor: optional(object),
  explain: withDefault(bool, false),
  hint: optional(hintOf),
  collation: optional(object),
  let: optional(object),
  bypassDocumentValidation: withDefault(bool, false),
  allowDiskUse: optional(bool),
};

type Aggregate = Arguments<typeof fields>;

const aggregate = command({
  name: "aggregate",
  reads: true,
  writes: true,
  fields,
  run: async (args, request) => {
    if (args.explain) return explainPipeline(args, request, "queryPlanner");
    if (!args.cursor) {
      return fail(
        "FailedToParse",
        "The 'cursor' option is required, except for aggregate with the explain argument",
      );
    }
    const batchSize = batchSizeOf(args.cursor, "aggregate.cursor");
    refuseLinearizableWrite(args, request);
    const docs = await runPipeline(args, request, evaluationOf(request, args));
    return {
      cursor: request.server.cursors.open({
        namespace: fullName(request.db, args.aggregate ?? "$cmd.aggregate"),
        // A pipeline that writes does so with its command, not with the first getMore.
        docs: endsInWrite(args.pipeline) ? [...docs] : docs,
        batchSize,
        session: request.session?.key,
      }),
    };
  },
  explain: (args, request, verbosity) => explainPipeline(args, request, verbosity),
});

const explainPipeline = (args: Aggregate, request: Request, verbosity: Verbosity): Doc =>
  explainReply(accountOfPipeline(args, request, evaluationOf(request, args), verbosity), request);

const endsInWrite = (pipeline: Doc[]): boolean => isWriteStage(pipeline.at(-1) ?? {});

/** What is written must not depend on a read concern that only reads can keep. */
const refuseLinearizableWrite = ({ pipeline }: Aggregate, { body }: Request): void => {
  const level = isDoc(body.readConcern) ? body.readConcern.level : undefined;
  if (level === "linearizable" && endsInWrite(pipeline)) {
    fail("InvalidOptions", "$out and $merge can't be used with readConcern linearizable");
  }
};

export const aggregateCommands = [aggregate];
