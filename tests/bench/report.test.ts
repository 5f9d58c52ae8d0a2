import { describe, expect, it } from "@jest/globals";
import { isMet, type Ratio, shown } from "../../bench/figures.ts";
import { benchmarksPage, sectionText } from "../../bench/report.ts";

const ratio = (changes: Partial<Ratio>): Ratio => ({
  what: "gate against others",
  ours: 300,
  other: 100,
  unit: "requests/s",
  ...changes,
});

describe("an aim", () => {
  it.each<[boolean | undefined, string, Partial<Ratio>]>([
    [undefined, "that is none", {}],
    [true, "of a ratio that is reached", { aim: { of: "ratio", least: 3 } }],
    [false, "of a ratio that is not", { aim: { of: "ratio", least: 3.01 } }],
    [true, "of a ratio that is kept", { aim: { of: "ratio", most: 3 } }],
    [false, "of a ratio that is passed", { aim: { of: "ratio", most: 2.99 } }],
    [true, "of ours alone that is kept", { ours: 1, aim: { of: "ours", most: 1 } }],
    [false, "of ours alone that is passed", { ours: 1.01, aim: { of: "ours", most: 1 } }],
    [false, "of a figure that could not be measured", { ours: NaN, aim: { of: "ours", most: 1 } }],
  ])("is met: %p %s", (met, _, changes) => expect(isMet(ratio(changes))).toBe(met));
});

it.each([
  [0.01234, "0.0123"],
  [12.345, "12.3"],
  [1234.5, "1,235"],
])("%p is shown as %s", (value, text) => expect(shown(value)).toBe(text));

const section = {
  title: "Against the peers",
  text: "Fair.",
  ratios: [ratio({ aim: { of: "ratio", least: 4 }, note: "1 : 4 round trips" })],
  table: [
    ["", "ms"],
    ["ping", "0.1"],
  ],
};
const row = ["gate against others (1 : 4 round trips)", "300 requests/s", "100 requests/s", "3.00"];

it("a section says in a terminal what missed its aim", () => {
  expect(sectionText(section)).toMatch(/requests\/s +3\.00 +ratio ≥ 4 +missed/);
});

it.each([
  ["told once", 4, 1],
  ["not told", 3, 0],
])("why an aim is missed is %s with an aim of %p", (_, least, times) => {
  const one = ratio({ aim: { of: "ratio", least }, shortfall: "Slow today." });
  const text = sectionText({ ...section, ratios: [one, one] });
  expect(text.split("Missed: Slow today.").length - 1).toBe(times);
});

it("the page names machine, database and commit, and holds each row", () => {
  const page = benchmarksPage({
    at: "2026-05-04",
    commit: "abc1234",
    machine: "2 × CPU, 8 GB",
    node: "24.0.0",
    database: "the embedded database",
    sections: [section],
  });
  for (const text of [
    "abc1234",
    "2026-05-04",
    "2 × CPU, 8 GB",
    "24.0.0",
    "the embedded database",
  ]) {
    expect(page).toContain(text);
  }
  expect(page).toContain(`| ${[...row, "ratio ≥ 4", "missed"].join(" | ")} |`);
  expect(page).toContain("| ping | 0.1 |");
});
