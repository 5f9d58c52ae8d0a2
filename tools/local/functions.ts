import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Front } from "./front.ts";

const program = new URL("./gateway/host.ts", import.meta.url);

interface FunctionsOptions {
  /** Where serverless.yml is. */
  directory: string;
  env: NodeJS.ProcessEnv;
  /** Told each line that functions write. */
  onLine: (line: string) => void;
  /** Told that the process of the functions ended by itself. */
  onEnd: (reason: string) => void;
}

export interface Functions {
  /** Resolves when the functions are ready to be asked. */
  start(): Promise<void>;
  /** The same functions again, from the files as they are now; requests made meanwhile wait. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * The functions in a process of their own, which `front` hands its connections to. So the port stays
 * open, and its connections wait, while functions reload.
 */
export function runFunctions(
  front: Front,
  { directory, env, onLine, onEnd }: FunctionsOptions,
): Functions {
  let host: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    try {
      const ready = await startHost({ directory, env, onLine });
      // "close" comes after its last words have been read; "exit" may come before.
      ready.once("close", (code, signal) => {
        if (ready === host) onEnd(endOf(code, signal));
      });
      host = ready;
      front.handTo((socket) => {
        ready.send("connection", socket, (error) => error && socket.destroy());
      });
    } catch (error) {
      front.handTo((socket) => socket.destroy());
      throw error;
    }
  };

  const end = async (): Promise<void> => {
    const ending = host;
    host = undefined;
    if (!ending?.connected) return;
    const exited = once(ending, "exit");
    ending.send("stop");
    await exited;
  };

  return {
    start,
    reload: async () => {
      front.hold();
      // Not waited for: a long answer under way need not hold up what is asked next.
      void end();
      await start();
    },
    stop: end,
  };
}

type HostOptions = Pick<FunctionsOptions, "directory" | "env" | "onLine">;

function startHost({ directory, env, onLine }: HostOptions): Promise<ChildProcess> {
  const host = fork(program, [directory], { env, stdio: ["ignore", "pipe", "pipe", "ipc"] });
  for (const output of [host.stdout, host.stderr]) {
    if (output) createInterface({ input: output }).on("line", onLine);
  }
  return new Promise((resolve, reject) => {
    host.once("close", (code, signal) => reject(new Error(endOf(code, signal))));
    host.once("message", (message) => {
      if (message === "ready") resolve(host);
      else reject(new Error((message as { error: string }).error));
    });
  });
}

const endOf = (code: number | null, signal: NodeJS.Signals | null): string =>
  `the functions' process ended with ${signal ?? code}`;
