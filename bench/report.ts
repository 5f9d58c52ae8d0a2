import { isMet, type Ratio, ratioOf, type Section, shortfalls, shown } from "./figures.ts";

/** What bench/results.json holds. */
export interface Results {
  at: string;
  commit: string;
  machine: string;
  node: string;
  database: string;
  sections: Section[];
}

/** One section as text for a terminal. */
export const sectionText = ({ title, text, ratios, table }: Section): string =>
  [
    `\n${title}`,
    text,
    "",
    aligned(ratioRows(ratios)),
    ...missed(ratios),
    ...(table ? ["", aligned(table)] : []),
  ].join("\n");

/** docs/benchmarks.md. */
export function benchmarksPage(results: Results): string {
  const { at, commit, machine, node, database, sections } = results;
  return [
    "# Benchmarks",
    "",
    "Made by `npm run bench` from bench/results.json; don't edit it. Ratios of one run are to be trusted,",
    "times and throughputs only on this machine. What counts as a request is in bench/.",
    "",
    `- ${machine}, Node.js ${node}`,
    `- ${database}`,
    `- commit ${commit}, ${at}`,
    ...sections.flatMap(({ title, text, ratios, table }) => [
      `\n## ${title}`,
      text,
      "",
      markdown(ratioRows(ratios)),
      ...missed(ratios),
      ...(table ? ["", markdown(table)] : []),
    ]),
    "",
  ].join("\n");
}

const missed = (ratios: readonly Ratio[]): string[] =>
  shortfalls(ratios).flatMap((reason) => ["", `Missed: ${reason}`]);

const ratioRows = (ratios: readonly Ratio[]): string[][] => [
  ["figure", "ours", "other", "ratio", "aim", ""],
  ...ratios.map((ratio) => [
    ratio.note ? `${ratio.what} (${ratio.note})` : ratio.what,
    `${shown(ratio.ours)} ${ratio.unit}`,
    `${shown(ratio.other)} ${ratio.unit}`,
    ratioOf(ratio).toFixed(2),
    aimText(ratio),
    { true: "met", false: "missed", undefined: "" }[String(isMet(ratio))] ?? "",
  ]),
];

function aimText({ aim, unit }: Ratio): string {
  if (!aim) return "";
  const what = aim.of === "ratio" ? "ratio" : `ours, ${unit},`;
  return aim.least === undefined ? `${what} ≤ ${aim.most}` : `${what} ≥ ${aim.least}`;
}

const markdown = ([head = [], ...rows]: readonly string[][]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

function aligned(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((cells) => cells[at]?.length ?? 0)),
  );
  return rows
    .map((cells) =>
      cells
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
