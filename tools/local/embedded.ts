import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export type EmbeddedOptions = {
  /** Folder of the journal; without one nothing outlives the process. */
  directory?: string;
  /** Keep the good part of a corrupt journal. */
  repair?: boolean;
  /** 0, the default, takes a free port. */
  port?: number;
  log: (line: string) => void;
};

export type EmbeddedProcess = {
  uri: string;
  pid: number;
  /** Ends it in order. */
  stop: () => Promise<void>;
  /** Ends it as a crash would (SIGKILL). */
  kill: () => Promise<void>;
};

const program = fileURLToPath(new URL("./mongo/main.ts", import.meta.url));

/**
 * Starts the embedded database as a process of its own, which ends when this one does.
 * @throws Error with the server's own words if it can't start.
 */
export const startEmbedded = async (options: EmbeddedOptions): Promise<EmbeddedProcess> => {
  const { directory, repair, port, log } = options;
  const args = [
    program,
    ...(directory === undefined ? [] : ["--directory", directory]),
    ...(repair ? ["--repair"] : []),
    ...(port === undefined ? [] : ["--port", String(port)]),
  ];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] });
  const exited = once(child, "exit");
  createInterface({ input: child.stderr }).on("line", log);
  const uri = await Promise.race([
    readyLine(createInterface({ input: child.stdout })),
    exited.then(([code]) => Promise.reject(new Error(`the embedded database ended with ${code}`))),
  ]);
  return {
    uri,
    pid: child.pid ?? 0,
    stop: async () => {
      child.stdin.end();
      await exited;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
};

const readyLine = async (lines: AsyncIterable<string>): Promise<string> => {
  for await (const line of lines) {
    const { uri, error }: { uri?: string; error?: string } = JSON.parse(line);
    if (uri !== undefined) return uri;
    throw new Error(error);
  }
  // The output ended first; the exit of the process says why.
  return new Promise(() => {});
};
