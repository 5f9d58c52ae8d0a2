import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { createEntries, type Interval } from "../../../../tools/local/mongo/storage/entries.ts";

const all: Interval = { from: "", to: "\xff" };
const byKey = ([a, i]: [string, number], [b, j]: [string, number]): number =>
  a < b ? -1 : a > b ? 1 : i - j;
const key = fc.integer({ min: 0, max: 400 }).map((n) => String(n).padStart(3, "0"));
const entry = fc.tuple(key, fc.integer({ min: 0, max: 3 }));

function filled(pairs: [string, number][]) {
  const entries = createEntries();
  for (const [k, id] of pairs) entries.add(k, id);
  return entries;
}

describe("the entries of an index", () => {
  it("read like a sorted list after any adds and removes, in both directions", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(entry, { maxLength: 1200, minLength: 300, selector: String }),
        fc.infiniteStream(fc.boolean()),
        fc.tuple(key, key),
        (pairs, coins, [from, to]) => {
          const entries = filled(pairs);
          const kept = pairs.filter(([k, id]) => {
            const stays = coins.next().value === true;
            if (!stays) entries.remove(k, id);
            return stays;
          });
          kept.sort(byKey);
          expect(entries.size).toBe(kept.length);
          const within = kept.filter(([k]) => k >= from && k < to).map(([, id]) => id);
          expect([...entries.range({ from, to })]).toEqual(within);
          expect([...entries.range({ from, to }, true)]).toEqual(within.toReversed());
          const owner = kept.find(([k]) => k === from)?.[1];
          expect(entries.first(from)).toBe(owner);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("are the same when loaded at once in any order", () => {
    fc.assert(
      fc.property(fc.uniqueArray(entry, { maxLength: 900, selector: String }), (pairs) => {
        const entries = createEntries();
        entries.load(
          pairs.map(([k]) => k),
          pairs.map(([, id]) => id),
        );
        expect([...entries.range(all)]).toEqual([...filled(pairs).range(all)]);
      }),
      { numRuns: 60 },
    );
  });

  it.each([false, true])("can be read on while others come and go (backwards: %s)", (backwards) => {
    const entries = createEntries();
    for (let n = 0; n < 1000; n += 1) entries.add(String(n).padStart(4, "0"), n);
    const met: number[] = [];
    for (const id of entries.range(all, backwards)) {
      met.push(id);
      // Behind, ahead and under the reader.
      entries.remove(String(id).padStart(4, "0"), id);
      entries.add(`0000-${id}`, 5000 + id);
      if (id === 500) entries.remove(backwards ? "0400" : "0600", backwards ? 400 : 600);
    }
    const expected = Array.from({ length: 1000 }, (_, n) => n).filter(
      (n) => n !== (backwards ? 400 : 600),
    );
    const originals = met.filter((id) => id < 5000);
    expect(originals).toEqual(backwards ? expected.toReversed() : expected);
    expect(new Set(met).size).toBe(met.length);
  });

  it("tell a key that two records share", () => {
    const entries = createEntries();
    entries.load(["b", "a", "c"], [1, 2, 3]);
    expect(entries.repeated()).toBeUndefined();
    entries.load(["b", "a", "b"], [1, 2, 3]);
    expect(entries.repeated()).toBe(3);
  });

  it("take 200,000 random inserts without slowing to a crawl", () => {
    const entries = createEntries();
    let state = 1;
    const start = performance.now();
    for (let n = 0; n < 200_000; n += 1) {
      state = (state * 48271) % 0x7fffffff;
      entries.add(String(state), n);
    }
    expect(entries.size).toBe(200_000);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
