import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { migrate } from "../../../lib/db/migrate.ts";
import { throttleCollection } from "../../../lib/security/throttle/document.ts";
import {
  admission,
  type Throttle,
  type ThrottleRule,
  upToDate,
  withCounted,
} from "../../../lib/security/throttle/rules.ts";
import { type Attempt, throttleStore } from "../../../lib/security/throttle/store.ts";
import { testDatabase } from "../../support/database.ts";
import { someThrottleRule } from "../../support/throttle-rules.ts";

const { db } = await testDatabase();
const throttle = throttleStore({ run: (work) => work(db) });
const stored = db.collection<{ _id: string } & Throttle>(throttleCollection.name);

beforeAll(() => migrate(db, [throttleCollection]));

const hour = 3_600_000;
const rule = { limit: 5, window: hour, lock: 2 * hour };

const attempts = (count: number, key: string, using: ThrottleRule = rule): Attempt[] =>
  Array.from({ length: count }, () => ({ key, id: randomUUID(), rule: using }));

/** What becomes of one attempt. */
const reserve = async (attempt: Attempt) =>
  (await throttle.reserve(attempt))[0]?.admission ?? "admitted";

/** As if all that is known of `key` had happened `milliseconds` earlier. */
async function age(key: string, milliseconds: number): Promise<void> {
  const known = await stored.findOne({ _id: key });
  if (!known) return;
  const earlier = (at: Date): Date => new Date(at.getTime() - milliseconds);
  await stored.updateOne(
    { _id: key },
    {
      $set: {
        until: earlier(known.until),
        open: known.open.map(({ id, at }) => ({ id, at: earlier(at) })),
      },
    },
  );
}

describe("a throttle", () => {
  it("admits exactly as many parallel attempts as the limit, and locks nobody for those still open", async () => {
    const key = randomUUID();
    const verdicts = await Promise.all(attempts(100, key).map(reserve));
    expect(verdicts.filter((one) => one === "admitted")).toHaveLength(5);
    expect(verdicts.filter((one) => one === "busy")).toHaveLength(95);
  });

  it("locks from the attempt that reaches the limit, and starts afresh after that", async () => {
    const key = randomUUID();
    const five = attempts(5, key);
    await Promise.all(five.map(reserve));
    const totals = await Promise.all(five.map(throttle.count));
    expect(Math.max(...totals.map(({ counted }) => counted))).toBe(5);
    const [next] = attempts(1, key);
    if (!next) throw new Error("no attempt");
    const [locked] = await throttle.reserve(next);
    expect(locked?.admission).toBe("blocked");
    expect(locked?.retryAfter).toBeGreaterThan((1.9 * hour) / 1_000);
    await age(key, 2 * hour + 1);
    expect(await reserve(next)).toBe("admitted");
  });

  it("forgets what was taken back", async () => {
    const key = randomUUID();
    for (const attempt of attempts(20, key)) {
      expect(await reserve(attempt)).toBe("admitted");
      await throttle.takeBack([attempt]);
    }
    expect(await stored.findOne({ _id: key })).toMatchObject({ counted: 0, open: [] });
  });

  it("counts an attempt whose process died", async () => {
    const key = randomUUID();
    const [lost, next] = attempts(2, key, { limit: 1, window: hour });
    if (!lost || !next) throw new Error("no attempt");
    await throttle.reserve(lost);
    expect(await reserve(next)).toBe("busy");
    await age(key, 60_001);
    expect(await reserve(next)).toBe("blocked");
  });

  it("takes places for all attempts of a request or for none, and says which have no room", async () => {
    const [full, free] = [randomUUID(), randomUUID()];
    await Promise.all(attempts(5, full).map(reserve));
    const [one, other] = [...attempts(1, full), ...attempts(1, free)];
    if (!one || !other) throw new Error("no attempts");
    expect(await throttle.reserve(one, other)).toEqual([
      { key: full, admission: "busy", retryAfter: 1 },
    ]);
    expect(await stored.findOne({ _id: free })).toMatchObject({ counted: 0, open: [] });
    expect(await throttle.reserve(other)).toEqual([]);
    expect(await stored.findOne({ _id: free })).toMatchObject({ open: [{ id: other.id }] });
  });

  it("leaves the document as it is when it refuses", async () => {
    const key = randomUUID();
    await Promise.all(attempts(5, key).map(reserve));
    const before = await stored.findOne({ _id: key });
    await Promise.all(attempts(3, key).map(reserve));
    expect(await stored.findOne({ _id: key })).toEqual(before);
  });

  it("decides in the database as the pure rule decides, whatever the history", async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("reserve" as const) }),
      fc.record({ do: fc.constant("count" as const), which: fc.nat(7) }),
      fc.record({ do: fc.constant("take back" as const), which: fc.nat(7) }),
      fc.record({ do: fc.constant("wait" as const), for: fc.constantFrom(61_000, hour, 3 * hour) }),
    );
    await fc.assert(
      fc.asyncProperty(
        someThrottleRule,
        fc.array(step, { maxLength: 14 }),
        async (using, steps) => {
          const key = randomUUID();
          let model: Throttle | undefined;
          const made: Attempt[] = [];
          for (const one of steps) {
            const now = new Date();
            if (one.do === "wait") {
              await age(key, one.for);
              const earlier = (at: Date): Date => new Date(at.getTime() - one.for);
              model = model && {
                ...model,
                until: earlier(model.until),
                open: model.open.map(({ id, at }) => ({ id, at: earlier(at) })),
              };
              continue;
            }
            if (one.do === "reserve") {
              const attempt = { key, id: randomUUID(), rule: using };
              made.push(attempt);
              model = upToDate(model, using, now);
              const expected = admission(model, using, now);
              if (expected === "admitted") {
                model = { ...model, open: [...model.open, { id: attempt.id, at: now }] };
              }
              expect(await reserve(attempt)).toBe(expected);
            } else {
              const attempt = made[one.which];
              if (!attempt || !model) continue;
              if (one.do === "count") {
                model = withCounted(upToDate(model, using, now), attempt.id, using, now);
                await throttle.count(attempt);
              } else {
                model = { ...model, open: model.open.filter(({ id }) => id !== attempt.id) };
                await throttle.takeBack([attempt]);
              }
            }
            const known = await stored.findOne({ _id: key });
            expect(known?.counted).toBe(model.counted);
            expect(known?.open.map(({ id }) => id)).toEqual(model.open.map(({ id }) => id));
            const apart = Math.abs((known?.until.getTime() ?? 0) - model.until.getTime());
            expect(apart).toBeLessThan(10_000);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
