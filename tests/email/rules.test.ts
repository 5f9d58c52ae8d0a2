import { describe, expect, it } from "@jest/globals";
import { mostTries, retryDelay, sendRefusal } from "../../lib/email/rules.ts";

const minute = 60_000;
const now = new Date("2026-03-10T12:00:00Z");
const ago = (minutes: number) => new Date(now.getTime() - minutes * minute);
const limit = { perDay: 3, wait: 5 * minute };
const sent = (day: string, count: number, lastAt: Date) => ({
  verified: false,
  sends: { verification: { day, count, lastAt } },
});

describe("a mail with a code", () => {
  it.each<[string, Parameters<typeof sendRefusal>[1], number]>([
    ["is sent first", { verified: false, sends: {} }, 0],
    ["waits for the mail before it", sent("2026-03-10", 1, ago(3)), 2 * minute],
    ["is sent when the wait is over", sent("2026-03-10", 1, ago(5)), 0],
    [
      "waits for the next day when this one's are used up",
      sent("2026-03-10", 3, ago(60)),
      720 * minute,
    ],
    ["is sent on a new day", sent("2026-03-09", 3, ago(13 * 60)), 0],
    ["waits for the mail before it across midnight", sent("2026-03-09", 1, ago(4)), minute],
  ])("%s", (_, account, wait) => {
    const refusal = sendRefusal("verification", account, limit, now);
    expect(refusal).toEqual(wait === 0 ? undefined : { reason: "limit", wait });
  });

  it("is not sent when there is nothing to verify", () => {
    const account = { verified: true, sends: {} };
    expect(sendRefusal("verification", account, limit, now)).toEqual({
      reason: "nothing_to_verify",
    });
    const changing = { ...account, pendingEmail: "new@example.com" };
    expect(sendRefusal("verification", changing, limit, now)).toBeUndefined();
    expect(sendRefusal("passwordReset", account, limit, now)).toBeUndefined();
  });

  it("is tried again whatever the limit, unless a newer one was made", () => {
    const account = sent("2026-03-10", 3, ago(3));
    expect(sendRefusal("verification", account, { since: ago(3) }, now)).toBeUndefined();
    expect(sendRefusal("verification", account, { since: ago(4) }, now)).toEqual({
      reason: "superseded",
    });
  });
});

describe("a mail in the outbox", () => {
  it("is tried at most 5 times, each time later", () => {
    expect(mostTries).toBe(5);
    const delays = Array.from({ length: mostTries }, (_, index) => retryDelay(index + 1));
    expect(delays).toEqual([5 * minute, 15 * minute, 60 * minute, 240 * minute, undefined]);
  });
});
