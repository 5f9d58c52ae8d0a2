import { addFields, project, replaceRoot, unsetFields } from "./fields.ts";
import { countDocs, documents, limit, match, redact, sample, skip, sort, unwind } from "./flow.ts";
import { bucket, bucketAuto, group, sortByCount } from "./group.ts";
import { facet, graphLookup, lookup, unionWith } from "./join.ts";
import type { MakeStage } from "./stage.ts";
import { setWindowFields } from "./windows.ts";
import { merge, out } from "./write.ts";

/** Every stage by name. */
export const stages: { readonly [name: string]: MakeStage } = {
  $addFields: addFields,
  $bucket: bucket,
  $bucketAuto: bucketAuto,
  $count: countDocs,
  $documents: documents,
  $facet: facet,
  $graphLookup: graphLookup,
  $group: group,
  $limit: limit,
  $lookup: lookup,
  $match: match,
  $merge: merge,
  $out: out,
  $project: project,
  $redact: redact,
  $replaceRoot: replaceRoot,
  $replaceWith: replaceRoot,
  $sample: sample,
  $set: addFields,
  $setWindowFields: setWindowFields,
  $skip: skip,
  $sort: sort,
  $sortByCount: sortByCount,
  $unionWith: unionWith,
  $unset: unsetFields,
  $unwind: unwind,
};
