import { describe, expect, it } from "@jest/globals";
import { leftOn, utcDay } from "../../lib/credits/rules.ts";

describe("a daily figure", () => {
  it.each([
    ["keeps what today has left", { day: "2026-05-04", perDay: 5, used: 3 }, 2],
    ["starts afresh on a new day", { day: "2026-05-03", perDay: 5, used: 5 }, 5],
    ["is never below 0 when a plan change lowers it", { day: "2026-05-04", perDay: 2, used: 3 }, 0],
    ["may be more than a day's for today", { day: "2026-05-04", perDay: 2, used: -3 }, 5],
  ])("%s", (_, daily, left) => {
    expect(leftOn("2026-05-04", daily)).toBe(left);
  });

  it("is counted by the day in UTC", () => {
    expect(utcDay(new Date("2026-05-04T23:30:00-02:00"))).toBe("2026-05-05");
  });
});
