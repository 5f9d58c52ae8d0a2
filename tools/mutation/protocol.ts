import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** What a worker loads. */
export interface Load {
  /** Changed sources by URL. */
  sources: Record<string, string>;
  /** Paths of test files. */
  tests: readonly string[];
  /** The mutant that is awake while they load. */
  active?: string;
}

/** A mutant to look for. */
export interface Order {
  mutant: string;
  /** Numbers of the tests that meet it; all without it. */
  among?: readonly number[];
  /** How often it may be met: more is a loop without end. */
  hitLimit: number;
}

export type Finding =
  | { kind: "loaded" }
  | {
      kind: "rehearsed";
      /** How often each mutant was met while the sources were loaded. */
      atLoad: Record<string, number>;
      /** And by each test. */
      perTest: Record<string, Record<string, number>>;
      /** The file of each test. */
      files: string[];
    }
  | { kind: "killed"; by: string }
  | { kind: "survived" }
  | { kind: "broken"; why: string };

/** Milliseconds for all tests of one mutant. */
const patience = 60_000;

/** A thread that has loaded what it was told to, or could not. */
export async function startWorker(load: Load) {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    workerData: load,
    env: { ...process.env, PROPERTY_SEED: "1", POWERTOOLS_DEV: "false" },
    stdout: true,
    stderr: true,
  });
  const next = async (): Promise<Finding> => {
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(), patience);
    try {
      const [finding] = (await once(worker, "message", { signal: end.signal })) as [Finding];
      return finding;
    } catch (error) {
      return { kind: "broken", why: String(error) };
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    loaded: await next(),
    ask: (order: Order | "rehearse"): Promise<Finding> => {
      worker.postMessage(order);
      return next();
    },
    stop: () => worker.terminate(),
  };
}
