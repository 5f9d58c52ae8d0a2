import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** One small change of a source file. */
export interface Mutant {
  id: string;
  fileName: string;
  mutatorName: string;
  replacement: string;
  /** Both count from 0. */
  location: { start: Position; end: Position };
}

interface Position {
  line: number;
  column: number;
}

interface Instrumenter {
  instrument(
    files: { name: string; content: string; mutate: boolean }[],
    options: object,
  ): Promise<{ files: { name: string; content: string }[]; mutants: Mutant[] }>;
}

const quiet = () => {};
const log = { debug: quiet, info: quiet, isDebugEnabled: () => false };

/**
 * The sources with every mutant in them, each asleep until it is named, as Stryker's instrumenter
 * writes them: https://stryker-mutator.io/docs/General/faq/#mutant-schemata
 */
export async function instrumented(paths: readonly string[]) {
  const name = "@stryker-mutator/instrumenter";
  const { Instrumenter }: { Instrumenter: new (log: object) => Instrumenter } = await import(name);
  const { files, mutants } = await new Instrumenter(log).instrument(
    paths.map((path) => ({ name: path, content: readFileSync(path, "utf8"), mutate: true })),
    { ignorers: [], excludedMutations: [], plugins: null },
  );
  const sources = files.map((file): [string, string] => [urlOf(file.name), file.content]);
  return { sources: Object.fromEntries(sources), mutants };
}

const urlOf = (path: string): string => pathToFileURL(resolve(path)).href;

/** The text that a mutant stands in for. */
export function originalOf({ fileName, location: { start, end } }: Mutant): string {
  const lines = readFileSync(fileName, "utf8")
    .split("\n")
    .slice(start.line, end.line + 1);
  if (lines.length === 1) return lines.join("").slice(start.column, end.column);
  const [first = "", last = ""] = [lines[0], lines.at(-1)];
  return [first.slice(start.column), ...lines.slice(1, -1), last.slice(0, end.column)].join("\n");
}
