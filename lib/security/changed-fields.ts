import { isDeepStrictEqual } from "node:util";
import type { Detail } from "./events.ts";

/** What an event says of a change: the fields by their paths in the API, with what they were and are. */
type Changes = {
  fields: string[];
  before: Record<string, Detail>;
  after: Record<string, Detail>;
};

type Tree = { [key: string]: unknown };

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Characters of one value in an event. */
const longest = 200;

function brief(value: unknown): Detail {
  const text = JSON.stringify(value) ?? "";
  return text.length > longest ? `${text.slice(0, longest)}…` : (JSON.parse(text) as Detail);
}

/** What somebody named may have the name of something that every object has. */
const ownOf = (tree: Tree, name: string): unknown =>
  Object.hasOwn(tree, name) ? tree[name] : undefined;

/**
 * The fields in which two values differ. Lists are compared whole, long values are cut as JSON.
 * Nothing secret or personal may be in them.
 */
export function changedFields(old: Tree, now: Tree): Changes {
  const changes: Changes = { fields: [], before: {}, after: {} };
  for (const name of new Set([...Object.keys(old), ...Object.keys(now)])) {
    const [from, to] = [ownOf(old, name), ownOf(now, name)];
    if (isDeepStrictEqual(from, to)) continue;
    if (isTree(from) && isTree(to)) {
      const { fields, before, after } = changedFields(from, to);
      changes.fields.push(...fields.map((field) => `${name}.${field}`));
      if (Object.keys(before).length > 0) changes.before[name] = before;
      if (Object.keys(after).length > 0) changes.after[name] = after;
      continue;
    }
    changes.fields.push(name);
    if (from !== undefined) changes.before[name] = brief(from);
    if (to !== undefined) changes.after[name] = brief(to);
  }
  return changes;
}
