import type { Verdict } from "./hunt.ts";
import { originalOf } from "./sources.ts";

/** Percent of the mutants that the tests must notice. */
const floor = 85;

export const isEnough = (verdicts: readonly Verdict[]): boolean => scoreOf(verdicts) >= floor;

const scoreOf = (verdicts: readonly Verdict[]): number =>
  (100 * verdicts.filter(({ result }) => result === "killed").length) / verdicts.length;

/** The score of each file and of all, and what survived. */
export function report(verdicts: readonly Verdict[]): string {
  const byFile = Map.groupBy(verdicts, ({ mutant }) => mutant.fileName);
  const rows = [...byFile].sort().map(([file, ofFile]) => row(file, ofFile));
  const survivors = verdicts
    .filter(({ result }) => result !== "killed")
    .sort(({ mutant: a }, { mutant: b }) => Number(a.id) - Number(b.id));
  return [
    ...survivors.map(survivor),
    "",
    ...rows,
    row("all", verdicts),
    `${floor} % are needed`,
  ].join("\n");
}

const row = (name: string, verdicts: readonly Verdict[]): string => {
  const left = verdicts.filter(({ result }) => result !== "killed").length;
  const score = `${scoreOf(verdicts).toFixed(1)} %`.padStart(7);
  return `${score}  ${String(verdicts.length).padStart(4)} mutants, ${left} left  ${name}`;
};

function survivor({ mutant, result }: Verdict): string {
  const { fileName, location, mutatorName, replacement } = mutant;
  const place = `${fileName}:${location.start.line + 1}:${location.start.column + 1}`;
  return [
    `\n${place} ${mutatorName}, ${result}`,
    `- ${oneLine(originalOf(mutant))}`,
    `+ ${oneLine(replacement)}`,
  ].join("\n");
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").slice(0, 160);
