import type { Value } from "../values/codec.ts";
import type { Position, Test } from "../values/paths.ts";

/** One condition on the values at a path: some value must pass, or (`negate`) none may. */
export type Predicate = {
  test: Test;
  /** Whether an array at the end of the path is tested element by element as well. */
  intoLeaf: boolean;
  negate: boolean;
};

/** A compiled condition; at the top its subject is the document. */
export type Matcher = (subject: Value | undefined, position: Position | undefined) => boolean;

export const some = (test: Test): Predicate => ({ test, intoLeaf: true, negate: false });
export const none = (test: Test): Predicate => ({ test, intoLeaf: true, negate: true });
export const whole = (test: Test): Predicate => ({ test, intoLeaf: false, negate: false });

export function all(matchers: Matcher[]): Matcher {
  const [first, second] = matchers;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  return (subject, position) => {
    for (const matches of matchers) if (!matches(subject, position)) return false;
    return true;
  };
}

export const any =
  (matchers: Matcher[]): Matcher =>
  (subject, position) =>
    matchers.some((matches) => matches(subject, position));

// What failed to match has no position.
export const not =
  (matches: Matcher): Matcher =>
  (subject) =>
    !matches(subject, undefined);
