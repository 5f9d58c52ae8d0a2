import fs from "node:fs";
import path from "node:path";
import { errorCode } from "./files.ts";

/**
 * What tells a living process from a later one with the same pid, or undefined if it doesn't live.
 * On Linux that is its start time, and a zombie, which a container may keep for ever, is dead.
 */
function stampOf(pid: number): string | undefined {
  if (process.platform !== "linux") return isAlive(pid) ? "running" : undefined;
  try {
    const [state = "", ...fields] = fs
      .readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return "ZX".includes(state) ? undefined : fields[18];
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is such a process, of another user.
    return errorCode(error) === "EPERM";
  }
}

/**
 * Makes this process the only one to open the journal in `directory` until the returned function is
 * called. The lock of a dead process is taken over. Throws if another store holds it.
 */
export function lockDirectory(directory: string): () => void {
  const file = path.join(path.resolve(directory), "lock");
  const take = (): boolean => {
    try {
      fs.writeFileSync(file, `${process.pid} ${stampOf(process.pid)}`, { flag: "wx" });
      return true;
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
      return false;
    }
  };
  if (!take()) {
    const [pid = "", stamp] = fs.readFileSync(file, "utf8").split(" ");
    const isHeld = stamp !== undefined && stampOf(Number(pid)) === stamp;
    if (!isHeld) fs.rmSync(file, { force: true });
    if (isHeld || !take()) {
      throw new Error(
        `${directory} is in use by process ${pid}; stop it first (lock file: ${file})`,
      );
    }
  }
  return () => fs.rmSync(file, { force: true });
}
