/** The first stages of a pipeline that bring documents of their own. */
import { Binary, Int32, Long } from "bson";
import type { EvaluationContext } from "../context.ts";
import { fail } from "../errors.ts";
import { compileExpression } from "../expressions/compile.ts";
import { scopeOf } from "../expressions/scope.ts";
import { type Doc, isDoc, type Value } from "../values/codec.ts";
import { integer } from "../values/numbers.ts";
import type { Request } from "./command.ts";
import { fullName } from "./namespace.ts";
import { collectionOf } from "./query.ts";

type Source = {
  /** Whether it stands after a collection or after `aggregate: 1`. */
  on: "collection" | "database";
  documents: (spec: Value, request: Request, context: EvaluationContext, name: string) => Doc[];
};

const sources: { [stage: string]: Source } = {
  $documents: {
    on: "database",
    documents: (spec, _, context) => {
      const documents = compileExpression(spec, scopeOf(context))({});
      return Array.isArray(documents) && documents.every(isDoc)
        ? documents
        : fail(5858203, "$documents must be an array of documents");
    },
  },
  $currentOp: {
    on: "database",
    // Commands run one at a time, so the one that asks is the only one there is.
    documents: (_, { connection, body, db, server }) => [
      {
        type: "op",
        host: server.address,
        connectionId: new Int32(connection.id),
        client: connection.remote,
        active: true,
        op: "command",
        ns: fullName(db, "$cmd.aggregate"),
        command: body,
      },
    ],
  },
  $listLocalSessions: {
    on: "database",
    documents: (_, { server }) =>
      server.sessions.all().map(({ key, lastUse }) => ({
        _id: { id: new Binary(Buffer.from(key, "hex"), Binary.SUBTYPE_UUID) },
        lastUse: new Date(lastUse),
      })),
  },
  $collStats: {
    on: "collection",
    documents: (spec, request, _, name) => {
      const collection = collectionOf(request, name);
      const count = integer(collection?.count ?? 0);
      const size = integer(collection?.size ?? 0);
      return [
        {
          ns: fullName(request.db, name),
          host: request.server.address,
          localTime: request.now,
          ...(isDoc(spec) && "count" in spec ? { count } : {}),
          ...(isDoc(spec) && "storageStats" in spec
            ? { storageStats: { size, count, nindexes: integer(collection?.indexes.length ?? 0) } }
            : {}),
        },
      ];
    },
  },
  $indexStats: {
    on: "collection",
    documents: (_, request, __, name) =>
      (collectionOf(request, name)?.indexes ?? []).map((index) => ({
        name: index.name,
        key: index.spec.key ?? {},
        host: request.server.address,
        accesses: { ops: Long.ZERO, since: request.server.startedAt },
        spec: index.spec,
      })),
  },
};

/**
 * The documents a pipeline begins with if its first stage makes them.
 * @param name the collection, undefined for `aggregate: 1`
 * @throws ServerError InvalidNamespace if the stage belongs to the other kind of pipeline.
 */
export const findSource = (
  stage: Doc | undefined,
  name: string | undefined,
  request: Request,
  context: EvaluationContext,
): Doc[] | undefined => {
  const [[operator, spec] = []] = Object.entries(stage ?? {});
  const source = operator === undefined ? undefined : sources[operator];
  if (!source || spec === undefined) return undefined;
  if (source.on === "database" && name !== undefined) {
    fail(
      "InvalidNamespace",
      `${operator} must be run against the database with {aggregate: 1}, not a collection`,
    );
  }
  if (source.on === "collection" && name === undefined) return undefined;
  return source.documents(spec, request, context, name ?? "");
};
