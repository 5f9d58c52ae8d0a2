import { resolve } from "node:path";
import { type Finding, startWorker } from "./protocol.ts";
import type { Mutant } from "./sources.ts";

export interface Verdict {
  mutant: Mutant;
  result: "killed" | "survived" | "met by no test";
}

interface Hunt {
  tests: readonly string[];
  atOnce: number;
  say: (line: string) => void;
}

interface Prepared {
  sources: Record<string, string>;
  mutants: readonly Mutant[];
}

type Rehearsal = Extract<Finding, { kind: "rehearsed" }>;
type Worker = Awaited<ReturnType<typeof startWorker>>;

/** How much more often than in a good run a mutant may be met before it is a loop without end. */
const slack = 100;

/**
 * Whether the tests notice each mutant: at least one fails, cannot be loaded, or never ends.
 * @throws Error if a test fails without any mutant
 */
export async function hunted(prepared: Prepared, { tests, atOnce, say }: Hunt): Promise<Verdict[]> {
  const { sources, mutants } = prepared;
  const rehearsal = await rehearsed(sources, tests);
  say(`${rehearsal.files.length} tests pass; ${mutants.length} mutants wait`);
  const waiting = [...mutants];
  const verdicts: Verdict[] = [];
  const hunter = async (): Promise<void> => {
    const warm = warmWorker(() => startWorker({ sources, tests }));
    for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
      const result = await verdictOn(mutant, { rehearsal, prepared, warm });
      verdicts.push({ mutant, result });
      if (verdicts.length % 50 === 0) say(`${verdicts.length} of ${mutants.length}`);
    }
    await warm.stop();
  };
  await Promise.all(Array.from({ length: atOnce }, hunter));
  return verdicts;
}

async function rehearsed(
  sources: Prepared["sources"],
  tests: readonly string[],
): Promise<Rehearsal> {
  const worker = await startWorker({ sources, tests });
  try {
    const found = worker.loaded.kind === "loaded" ? await worker.ask("rehearse") : worker.loaded;
    if (found.kind === "rehearsed") return found;
    throw new Error(found.kind === "broken" ? found.why : found.kind);
  } finally {
    await worker.stop();
  }
}

interface Field {
  rehearsal: Rehearsal;
  prepared: Prepared;
  warm: ReturnType<typeof warmWorker>;
}

async function verdictOn(mutant: Mutant, field: Field): Promise<Verdict["result"]> {
  const { atLoad, perTest } = field.rehearsal;
  const { id } = mutant;
  const meets = Object.entries(perTest).filter(([, met]) => id in met);
  const times = meets.reduce((sum, [, met]) => sum + (met[id] ?? 0), atLoad[id] ?? 0);
  const order = { mutant: id, hitLimit: slack * times + slack };
  if (id in atLoad) return resultOf(await huntFromLoad(mutant, order.hitLimit, field));
  if (meets.length === 0) return "met by no test";
  const among = meets.map(([test]) => Number(test));
  return resultOf(await field.warm.ask({ ...order, among }));
}

/** Of a mutant that is met while its file is loaded: everything is loaded anew, with it awake. */
async function huntFromLoad(
  { id, fileName }: Mutant,
  hitLimit: number,
  { rehearsal: { perTest, files }, prepared: { sources, mutants } }: Field,
): Promise<Finding> {
  const neighbours = mutants.filter((one) => one.fileName === fileName).map((one) => one.id);
  const near = Object.entries(perTest)
    .filter(([, met]) => neighbours.some((one) => one in met))
    .map(([test]) => files[Number(test)] ?? "");
  // Constants of a file without functions are met by nothing later on: then all tests are tried.
  const tests = near.length === 0 ? files : near;
  const worker = await startWorker({
    sources,
    tests: [...new Set(tests)].map((one) => resolve(one)),
    active: id,
  });
  try {
    if (worker.loaded.kind !== "loaded") return worker.loaded;
    return await worker.ask({ mutant: id, hitLimit });
  } finally {
    await worker.stop();
  }
}

const resultOf = ({ kind }: Finding): Verdict["result"] =>
  kind === "survived" ? "survived" : "killed";

/** A worker that is started at first use and replaced once it is stuck. */
function warmWorker(start: () => Promise<Worker>) {
  let worker: Worker | undefined;
  const stop = async (): Promise<void> => {
    await worker?.stop();
    worker = undefined;
  };
  return {
    ask: async (order: Parameters<Worker["ask"]>[0]): Promise<Finding> => {
      worker ??= await start();
      const found = await worker.ask(order);
      if (found.kind === "broken") await stop();
      return found;
    },
    stop,
  };
}
