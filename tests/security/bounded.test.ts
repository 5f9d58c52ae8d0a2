import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { bounded } from "../../lib/security/bounded.ts";

describe("bounded work", () => {
  it("gives its places back, so that later work starts at once", async () => {
    const run = bounded(1);
    for (const value of [1, 2, 3]) expect(await run(async () => value)).toBe(value);
    let started = 0;
    const never = () => {
      started += 1;
      return new Promise<void>(() => {});
    };
    void run(never);
    void run(never);
    await new Promise(setImmediate);
    expect(started).toBe(1);
  });

  it("never runs more than told at once, runs all, in order, also after failures", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.boolean(), { maxLength: 30 }),
        async (most, outcomes) => {
          const run = bounded(most);
          const started: number[] = [];
          let running = 0;
          let peak = 0;
          await Promise.allSettled(
            outcomes.map((fails, index) =>
              run(async () => {
                started.push(index);
                running += 1;
                peak = Math.max(peak, running);
                await new Promise(setImmediate);
                running -= 1;
                if (fails) throw new Error("failed");
              }),
            ),
          );
          expect(started).toEqual(outcomes.map((_, index) => index));
          expect(peak).toBe(Math.min(most, outcomes.length));
        },
      ),
    );
  });
});
