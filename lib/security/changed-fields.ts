import { isDeepStrictEqual } from "node:util";
import type { FieldChange } from "./events.ts";

type Tree = { [key: string]: unknown };

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Characters of one value in an event. */
const longest = 200;

const brief = (value: unknown): unknown => {
  const text = JSON.stringify(value) ?? "";
  return text.length > longest ? `${text.slice(0, longest)}…` : value;
};

/**
 * The fields in which two values differ, each by its path, with what it was and is; long values are
 * cut as JSON. Lists are compared whole. Nothing secret or personal may be in them.
 */
export function changedFields(before: Tree, after: Tree, path = ""): FieldChange[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name): FieldChange[] => {
    const [old, now] = [before[name], after[name]];
    const field = path === "" ? name : `${path}.${name}`;
    if (isDeepStrictEqual(old, now)) return [];
    if (isTree(old) && isTree(now)) return changedFields(old, now, field);
    return [
      {
        field,
        ...(old !== undefined && { before: brief(old) }),
        ...(now !== undefined && { after: brief(now) }),
      },
    ];
  });
}
