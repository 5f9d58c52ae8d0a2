import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { StackFile } from "../../tools/local/stack.ts";
import { watchLogs } from "./known-secrets.ts";

const root = resolve(import.meta.dirname, "../..");
const program = join(root, "tools/local/start.ts");

interface Start {
  args?: string[];
  port?: string;
  /** Environment of the functions beyond the stack's own. */
  env?: Record<string, string>;
  /** Through npm, as people start it, instead of the program itself. */
  throughNpm?: boolean;
}

/** Starts as `npm start` does, with a database of its own whatever the suite runs on. */
function spawnStack(data: string, start: Start) {
  const { args = [], port = "0", throughNpm = false } = start;
  const env = { ...process.env, PORT: port, MONGODB_URI: "", LOG_LEVEL: "INFO", ...start.env };
  const [command, first] = throughNpm
    ? ["npm", ["start", "--"]]
    : ([process.execPath, [program]] as const);
  return spawn(command, [...first, "--data", data, ...args], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

export interface LocalStack extends StackFile {
  process: ChildProcess;
  /** All it has written, errors included. */
  output: () => string;
}

/** A stack that answers. Rejects with its output if it ends instead. */
export async function startLocalStack(data: string, start: Start = {}): Promise<LocalStack> {
  const child = spawnStack(data, start);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const path = join(data, "stack.json");
  while (!output.includes("Ctrl-C ends it all")) {
    if (child.exitCode !== null)
      throw new Error(`the stack ended with ${child.exitCode}:\n${output}`);
    await sleep(20);
  }
  const stack = JSON.parse(readFileSync(path, "utf8")) as StackFile;
  watchLogs(data, stack);
  return { ...stack, process: child, output: () => output };
}

/** The exit code and error output of a start that is to be refused. */
export async function refusedStart(data: string, start: Start) {
  const child = spawnStack(data, start);
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const [code] = (await once(child, "close")) as [number];
  return { code, errors };
}

/** The process and all its descendants. */
export function familyOf(pid: number): number[] {
  const pairs = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const family = [pid];
  for (const member of family) {
    family.push(...pairs.flatMap(([child = 0, parent]) => (parent === member ? [child] : [])));
  }
  return family;
}

/** Waits until none of the processes lives; names those that do after 10 s. */
export async function allGone(pids: readonly number[]): Promise<void> {
  let alive = pids.filter(isAlive);
  for (let tries = 0; tries < 200 && alive.length > 0; tries++) {
    await sleep(50);
    alive = alive.filter(isAlive);
  }
  if (alive.length > 0) throw new Error(`still running: ${alive.join(", ")}`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch {
    return false;
  }
}

/** Ended, but not yet taken note of by whoever adopted it, as in a container without an init. */
const isZombie = (pid: number): boolean => {
  const path = `/proc/${pid}/stat`;
  return existsSync(path) && / Z /.test(readFileSync(path, "utf8"));
};
