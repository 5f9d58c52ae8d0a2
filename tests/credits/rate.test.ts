import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { ObjectId } from "mongodb";
import { type GateRequest, judge, limitsFor } from "../../lib/credits/rules.ts";
import { someAccount } from "../support/accounts.ts";
import { hashOf } from "../support/metering.ts";

const minute = 60_000;
const keyId = new ObjectId();
const account = someAccount({
  plan: "some",
  keys: [
    {
      id: keyId,
      name: "key",
      masked: "pe_x…y",
      scopes: ["chat"],
      secrets: [{ hash: hashOf("secret") }],
      createdAt: new Date(0),
    },
  ],
});

const requestOf = (perMinute: number, burst: number | undefined): GateRequest => ({
  id: "request",
  keyId: keyId.toHexString(),
  hash: hashOf("secret"),
  scope: "chat",
  rateClass: "chat",
  address: "",
  shutOut: false,
  price: undefined,
  idempotency: undefined,
  verificationRequired: false,
  plans: { some: { rate: { perMinute, burst }, openAtOnce: 1 } },
});

/** Times at which requests are admitted that come at these times. */
function admitted(times: readonly number[], request: GateRequest): number[] {
  const limits = limitsFor(account, request);
  if (!limits) throw new Error("no limits");
  let due = 0;
  return times.filter((time) => {
    const state = { ...account, rate: { chat: new Date(due) } };
    if (judge(state, request, new Date(time)) !== "admitted") return false;
    due = Math.max(due, time) + limits.gap;
    return true;
  });
}

describe("a rate of q a minute and b at once", () => {
  it("admits at most b at once and b + q - 1 in any minute", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
        fc.array(fc.oneof(fc.constant(0), fc.nat(3_000)), { minLength: 100, maxLength: 300 }),
        (q, burst, gaps) => {
          const request = requestOf(q, burst);
          const b = burst ?? Math.ceil(q / 2);
          let time = 1_000_000;
          const times = gaps.map((gap) => {
            time += gap;
            return time;
          });
          const passed = admitted(times, request);
          for (const [index, from] of passed.entries()) {
            const rest = passed.slice(index);
            expect(rest.filter((one) => one === from).length).toBeLessThanOrEqual(b);
            expect(rest.filter((one) => one < from + minute).length).toBeLessThanOrEqual(b + q - 1);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([1, 7, 30, 60, 200])("lets %i a minute through if they come evenly", (q) => {
    const gap = Math.ceil(minute / q);
    const times = Array.from({ length: 3 * q }, (_, index) => 1_000_000 + index * gap);
    expect(admitted(times, requestOf(q, undefined))).toEqual(times);
  });
});
