/** Loads changed sources and the tests of them, and runs tests with one mutant awake at a time. */
import { registerHooks } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import type { Finding, Load, Order } from "./protocol.ts";

const { sources, tests, active } = workerData as Load;

/** Milliseconds for one test; they take some each. */
const patience = 10_000;

/** What the code that Stryker writes into the sources reads and counts. */
interface Namespace {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: {
    static: Record<string, number>;
    perTest: Record<string, Record<string, number>>;
  };
}
const awake: Namespace = { activeMutant: active ?? "none" };
Object.assign(globalThis, { __stryker__: awake });

const globals = new URL("./jest-globals.ts", import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "@jest/globals" ? { url: globals, shortCircuit: true } : next(specifier, context),
  load: (url, context, next) => {
    const source = sources[url];
    if (source === undefined) return next(url, context);
    return { format: "module-typescript", source, shortCircuit: true };
  },
});

const { collect, collected } = await import("./jest-globals.ts");

async function fails(run: () => unknown): Promise<string | undefined> {
  const end = new AbortController();
  const late = sleep(patience, "late", { signal: end.signal }).catch(() => "done");
  try {
    const first = await Promise.race([Promise.resolve(run()).then(() => "done"), late]);
    return first === "late" ? "it takes too long" : undefined;
  } catch (error) {
    return String(error);
  } finally {
    end.abort();
  }
}

async function rehearse(): Promise<Finding> {
  for (const [index, { name, run }] of collected.entries()) {
    awake.currentTestId = String(index);
    const failure = await fails(run);
    if (failure) throw new Error(`${name} fails without any mutant: ${failure}`);
  }
  awake.currentTestId = undefined;
  const { static: atLoad, perTest } = awake.mutantCoverage ?? { static: {}, perTest: {} };
  return { kind: "rehearsed", atLoad, perTest, files: collected.map(({ file }) => file) };
}

async function hunt({ mutant, among, hitLimit }: Order): Promise<Finding> {
  Object.assign(awake, { activeMutant: mutant, hitCount: 0, hitLimit });
  try {
    for (const [index, { name, run }] of collected.entries()) {
      if (among && !among.includes(index)) continue;
      if (await fails(run)) return { kind: "killed", by: name };
    }
    return { kind: "survived" };
  } finally {
    Object.assign(awake, { activeMutant: "none", hitCount: undefined });
  }
}

const say = (finding: Finding): void => parentPort?.postMessage(finding);

parentPort?.on("message", (order: Order | "rehearse") => {
  const work = order === "rehearse" ? rehearse() : hunt(order);
  work.then(say, (error: unknown) => say({ kind: "broken", why: String(error) }));
});

try {
  for (const test of tests) await collect(test);
  say({ kind: "loaded" });
} catch (error) {
  say({ kind: "broken", why: String(error) });
}
