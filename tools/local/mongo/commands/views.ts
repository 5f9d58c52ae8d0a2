/** Views: names that stand for a pipeline over a collection or another view of their database. */
import { fail } from "../errors.ts";
import { compilePipeline } from "../pipeline.ts";
import { isWriteStage } from "../stages/write.ts";
import type { Collection, CollectionOptions } from "../storage/collection.ts";
import type { Doc } from "../values/codec.ts";
import type { Request } from "./command.ts";
import { collectionOf } from "./query.ts";

/** MongoDB's bound on views of views. */
const MAX_DEPTH = 20;

export const isView = (collection: Collection | undefined): boolean =>
  collection?.options.viewOn !== undefined;

/** @throws ServerError CommandNotSupportedOnView, for what only a collection can do. */
export const refuseView = (collection: Collection | undefined): void => {
  if (collection && isView(collection)) {
    fail(
      "CommandNotSupportedOnView",
      `Namespace ${collection.namespace} is a view, not a collection`,
    );
  }
};

/** From `name` down to what is no view; it ends, because views in a ring are never made. */
const pathDown = (request: Request, name: string): string[] => {
  const below = collectionOf(request, name)?.options.viewOn;
  return below === undefined ? [name] : [name, ...pathDown(request, below)];
};

/** The collection below `name`, and the stages of the views on the way, innermost first. */
export const resolveView = (request: Request, name: string): { name: string; pipeline: Doc[] } => {
  const upwards = pathDown(request, name).reverse();
  return {
    name: upwards[0] ?? name,
    pipeline: upwards.flatMap((view) => collectionOf(request, view)?.options.pipeline ?? []),
  };
};

/**
 * The options that make `name` a view; none if `viewOn` is not given.
 * @throws ServerError GraphContainsCycle, ViewDepthLimitExceeded, OptionNotSupportedOnView if the
 * pipeline writes, and what compiling the pipeline throws.
 */
export const viewOptions = (
  request: Request,
  name: string,
  { viewOn, pipeline = [] }: { viewOn?: string | undefined; pipeline?: Doc[] | undefined },
): CollectionOptions => {
  if (viewOn === undefined) {
    if (pipeline.length === 0) return {};
    return fail("InvalidOptions", "'pipeline' requires 'viewOn' to also be specified");
  }
  const path = pathDown(request, viewOn);
  if (path.includes(name)) {
    fail("GraphContainsCycle", `View cycle detected: ${name} would show itself`);
  }
  if (path.length > MAX_DEPTH) {
    fail("ViewDepthLimitExceeded", `View depth limit exceeded; maximum depth is ${MAX_DEPTH}`);
  }
  if (pipeline.some(isWriteStage)) {
    fail("OptionNotSupportedOnView", "$out and $merge can't be used in a view definition");
  }
  compilePipeline(pipeline, { now: request.now, read: () => [] });
  return { viewOn, pipeline };
};
