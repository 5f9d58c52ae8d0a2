/**
 * `npm start`: the whole service on this machine. Options after `--`: `--fresh` begins with an empty
 * database, `--repair` keeps the good part of a corrupt journal, `--data DIRECTORY` puts database,
 * logs, lock and stack.json elsewhere than `.local/`. `PORT` is the port, 3000 unless
 * set; 0 takes a free one.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { StartError, startStack } from "./stack.ts";
import { describeStack } from "./table.ts";

const directory = resolve(import.meta.dirname, "../..");

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

function readOptions() {
  const values = readArguments();
  const port = Number(process.env.PORT || 3000);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new StartError(`PORT must be a whole number from 0 to 65535, not "${process.env.PORT}".`);
  }
  return { ...values, data: resolve(values.data), port };
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        fresh: { type: "boolean", default: false },
        repair: { type: "boolean", default: false },
        data: { type: "string", default: join(directory, ".local") },
      },
    });
    return values;
  } catch (error) {
    throw new StartError(
      `${(error as Error).message}. Options: --fresh, --repair, --data DIRECTORY`,
    );
  }
}

/** Resolves when the stack is asked to end: at the first signal; a second one ends at once. */
const asked = new Promise<"asked">((done) => {
  let times = 0;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      times += 1;
      if (times > 1) process.exit(130);
      done("asked");
    });
  }
  // npm and its shell may end without passing a signal on: their end is the signal then.
  const starters = npmAndShell();
  const underNpm = process.env.npm_lifecycle_event !== undefined;
  if (underNpm) setInterval(() => npmAndShell() !== starters && done("asked"), 200).unref();
});

/** The processes that end when npm does: this one's parent and, if that is npm's shell, npm. */
function npmAndShell(): string {
  const parent = String(process.ppid);
  try {
    // proc_pid_stat(5): pid (name) state ppid …; systems without it have a shell that makes way for its command.
    const stat = readFileSync(`/proc/${parent}/stat`, "utf8");
    const [, name, npm] = /\((.*)\) . (\d+)/s.exec(stat) ?? [];
    return name === "sh" ? `${parent} of ${npm}` : parent;
  } catch {
    return parent;
  }
}

async function main(): Promise<void> {
  await using stops = new AsyncDisposableStack();
  const started = startStack({ directory, say, ...readOptions() }, stops);
  const stack = await Promise.race([started, asked]);
  if (stack !== "asked") {
    say(describeStack(stack));
    await Promise.race([stack.broken, asked]);
  }
  say("Stopping.");
}

// A terminal that is gone must not keep the rest from ending in order.
process.stdout.on("error", () => {});

try {
  await main();
  process.exit(0);
} catch (error) {
  const expected = error instanceof StartError;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${expected ? message : `The local stack ended: ${message}`}\n`);
  process.exit(1);
}
