import { describe, expect, it } from "@jest/globals";
import {
  admission,
  type Throttle,
  type ThrottleRule,
  upToDate,
  withCounted,
} from "../../../lib/security/throttle/rules.ts";

const now = new Date("2026-05-04T12:00:00.000Z");
const at = (milliseconds: number) => new Date(now.getTime() + milliseconds);
const rule: ThrottleRule = { limit: 3, window: 60_000, lock: 3_600_000 };
const open = (id: string, age = 0) => ({ id, at: at(-age) });
const known = (changes: Partial<Throttle> = {}): Throttle => ({
  counted: 1,
  until: at(1),
  open: [open("a")],
  ...changes,
});

describe("a count", () => {
  const fresh = { counted: 0, until: at(60_000), open: [] };

  it.each<[string, Throttle | undefined, Throttle]>([
    ["begins with nothing", undefined, fresh],
    ["holds to the last moment of its window", known(), known()],
    ["starts afresh at its end", known({ until: now }), fresh],
  ])("%s", (_, before, after) => expect(upToDate(before, rule, now)).toEqual(after));

  it("grows by an attempt that is open, and forgets that it was", () => {
    const before = known({ open: [open("a"), open("b")] });
    expect(withCounted(before, "a", rule, now)).toEqual({
      counted: 2,
      until: before.until,
      open: [open("b")],
    });
  });

  it("is left alone by an attempt of a count that is over", () => {
    expect(withCounted(known(), "gone", rule, now)).toEqual(known());
  });

  it("that reaches its limit locks from then on, if it locks at all", () => {
    const before = known({ counted: 2 });
    expect(withCounted(before, "a", rule, now).until).toEqual(at(3_600_000));
    expect(withCounted(before, "a", { limit: 3, window: 60_000 }, now).until).toEqual(at(1));
    expect(withCounted(known({ counted: 5 }), "a", rule, now).until).toEqual(at(3_600_000));
  });
});

describe("one more attempt is", () => {
  it.each<[ReturnType<typeof admission>, string, Partial<Throttle>]>([
    ["admitted", "below the limit", { counted: 2, open: [] }],
    ["admitted", "with one open, below the limit", { counted: 1, open: [open("a")] }],
    ["blocked", "at the limit", { counted: 3, open: [] }],
    ["blocked", "at the limit, with others open", { counted: 3, open: [open("a")] }],
    ["busy", "at the limit only if the open ones count", { counted: 2, open: [open("a")] }],
    ["busy", "with one that is open for a while", { counted: 2, open: [open("a", 59_999)] }],
    [
      "blocked",
      "with one that nobody will close any more",
      { counted: 2, open: [open("a", 60_000)] },
    ],
    ["busy", "with one lost and one open", { counted: 1, open: [open("a", 60_000), open("b")] }],
  ])("%s %s", (expected, _, changes) => {
    expect(admission(known(changes), rule, now)).toBe(expected);
  });
});
