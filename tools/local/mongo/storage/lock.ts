import fs from "node:fs";
import path from "node:path";
import { errorCode } from "./files.ts";

/** Folders this process holds: a lock file with its own pid is stale if the folder isn't here (pids repeat in containers). */
const held = new Set<string>();

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
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
  const folder = path.resolve(directory);
  const file = path.join(folder, "lock");
  const refuse = (holder: string): never => {
    throw new Error(`${folder} is in use by ${holder}; stop it first (lock file: ${file})`);
  };
  if (held.has(folder)) refuse("this process");
  for (let attempt = 0; ; attempt += 1) {
    try {
      fs.writeFileSync(file, `${process.pid}\n`, { flag: "wx" });
      break;
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
    }
    const pid = Number.parseInt(fs.readFileSync(file, "utf8"), 10);
    if (isAlive(pid) || attempt > 0) refuse(`process ${pid}`);
    fs.unlinkSync(file);
  }
  held.add(folder);
  return () => {
    held.delete(folder);
    fs.rmSync(file, { force: true });
  };
}
