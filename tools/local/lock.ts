import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** A stack runs in this folder already. */
export class AlreadyRunning extends Error {
  constructor(pid: number, path: string) {
    super(
      `The local stack runs in this folder already (process ${pid}). Stop it first; ` +
        `if there is no such stack, delete ${path}.`,
    );
    this.name = "AlreadyRunning";
  }
}

/**
 * Takes the lock at `path` for this process, also from a process that is gone.
 * @returns the function that gives it back
 * @throws AlreadyRunning if a living process has it
 */
export function takeLock(path: string): () => void {
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const pid = Number(readFileSync(path, "utf8"));
    if (isAlive(pid)) throw new AlreadyRunning(pid, path);
    rmSync(path, { force: true });
    return takeLock(path);
  }
  return () => rmSync(path, { force: true });
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
