import type { Db, Document } from "mongodb";

/** A command that a client sent, as its monitoring tells. */
export interface SentCommand {
  commandName: string;
  command: Document;
}

interface Query {
  collection: string;
  filter: Document;
  sort?: Document;
  hint?: Document | string;
}

/** What a command looks for, in which collections; nothing for what only inserts or asks about the server. */
export function queriesOf({ commandName, command }: SentCommand): Query[] {
  const collection = String(command[commandName]);
  switch (commandName) {
    case "find":
      return [{ collection, filter: command.filter ?? {}, ...sorted(command), ...hinted(command) }];
    case "findAndModify":
      return [{ collection, filter: command.query ?? {}, ...sorted(command) }];
    case "update":
      return command.updates.map(({ q }: Document) => ({ collection, filter: q }));
    case "delete":
      return command.deletes.map(({ q }: Document) => ({ collection, filter: q }));
    case "count":
      // Of a whole collection the server knows the number without looking.
      return command.query === undefined ? [] : [{ collection, filter: command.query }];
    case "distinct":
      return [{ collection, filter: command.query ?? {} }];
    case "aggregate":
      return pipelineQueries(collection, command.pipeline).map((query, index) =>
        index === 0 ? { ...query, ...hinted(command) } : query,
      );
    case "bulkWrite":
      return command.ops
        .filter(({ filter }: Document) => filter !== undefined)
        .map(({ update, delete: removal, filter }: Document) => ({
          collection: command.nsInfo[update ?? removal].ns.split(".").slice(1).join("."),
          filter,
        }));
    default:
      return [];
  }
}

/** What a pipeline reads from its own collection, and what it looks up in others. */
const pipelineQueries = (collection: string, pipeline: Document[]): Query[] => [
  { collection, filter: pipeline[0]?.$match ?? {} },
  ...pipeline.flatMap(({ $lookup }) =>
    $lookup ? pipelineQueries($lookup.from, $lookup.pipeline) : [],
  ),
];

const sorted = ({ sort }: Document): Pick<Query, "sort"> => (sort === undefined ? {} : { sort });

const hinted = ({ hint }: Document): Pick<Query, "hint"> => (hint === undefined ? {} : { hint });

/** The stages of the plan by which the server would answer a query, outermost first. */
export async function stagesOf(
  db: Db,
  { collection, filter, sort, hint }: Query,
): Promise<string[]> {
  const explained = await db.command({
    explain: { find: collection, filter, ...(sort && { sort }), ...(hint && { hint }) },
    verbosity: "queryPlanner",
  });
  const stages: string[] = [];
  const waiting: Document[] = [explained.queryPlanner.winningPlan];
  for (const plan of waiting) {
    if (plan.stage !== undefined) stages.push(plan.stage);
    waiting.push(...[plan.queryPlan, plan.inputStage, ...(plan.inputStages ?? [])].filter(Boolean));
  }
  return stages;
}
