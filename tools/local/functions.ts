import { type ChildProcess, fork } from "node:child_process";
import { createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";

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
 * The functions in a process of their own behind `front`, a listening server whose connections are
 * handed to that process. So the port stays open, and its connections wait, while functions reload.
 */
export function runFunctions(
  front: Server,
  { directory, env, onLine, onEnd }: FunctionsOptions,
): Functions {
  let host: ChildProcess | undefined;
  let waiting: Socket[] = [];
  let starting = true;

  front.on("connection", (socket: Socket) => {
    if (host?.connected) host.send("connection", socket);
    else if (starting) waiting.push(socket);
    else socket.destroy();
  });

  const start = async (): Promise<void> => {
    starting = true;
    try {
      const ready = await startHost({ directory, env, onLine });
      ready.once("exit", (code, signal) => {
        if (ready === host) onEnd(endOf(code, signal));
      });
      host = ready;
      for (const socket of waiting) host.send("connection", socket);
    } catch (error) {
      for (const socket of waiting) socket.destroy();
      throw error;
    } finally {
      starting = false;
      waiting = [];
    }
  };

  const end = async (): Promise<void> => {
    const ending = host;
    host = undefined;
    if (!ending?.connected) return;
    const exited = new Promise((resolve) => ending.once("exit", resolve));
    ending.send("stop");
    await exited;
  };

  return {
    start,
    reload: async () => {
      starting = true;
      // Not waited for: a long answer under way need not hold up what is asked next.
      void end();
      await start();
    },
    stop: end,
  };
}

/** A front that listens on 127.0.0.1. Rejects with EADDRINUSE for a busy port. */
export function listenInFront(port: number): Promise<Server> {
  // Paused, so that no byte is read before the process that answers has the connection.
  const front = createServer({ pauseOnConnect: true });
  return new Promise((resolve, reject) => {
    front.once("error", reject);
    front.listen(port, "127.0.0.1", () => resolve(front));
  });
}

type HostOptions = Pick<FunctionsOptions, "directory" | "env" | "onLine">;

function startHost({ directory, env, onLine }: HostOptions): Promise<ChildProcess> {
  const host = fork(program, [directory], { env, stdio: ["ignore", "pipe", "pipe", "ipc"] });
  for (const output of [host.stdout, host.stderr]) {
    if (output) createInterface({ input: output }).on("line", onLine);
  }
  return new Promise((resolve, reject) => {
    host.once("exit", (code, signal) => reject(new Error(endOf(code, signal))));
    host.once("message", (message) => {
      if (message === "ready") resolve(host);
      else reject(new Error((message as { error: string }).error));
    });
  });
}

const endOf = (code: number | null, signal: NodeJS.Signals | null): string =>
  `the functions' process ended with ${signal ?? code}`;
