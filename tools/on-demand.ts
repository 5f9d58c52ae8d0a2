import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * Installs the packages of a folder that has a package.json and a lock file of its own, unless they
 * are there: what only one command needs is kept out of everybody's `npm ci`.
 * @throws Error that says what to run, if npm fails
 */
export function installOnDemand(folder: string, what: string): void {
  const installed = join(folder, "node_modules/.package-lock.json");
  if (existsSync(installed) && changedAt(installed) >= changedAt(join(folder, "package-lock.json")))
    return;
  const command = ["npm", "ci", "--prefix", folder, "--no-audit", "--no-fund"];
  console.log(`Installing ${what} once, for this command alone: ${command.join(" ")}`);
  const [npm = "", ...rest] = command;
  const { status, error } = spawnSync(npm, rest, { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) {
    throw new Error(`${what} could not be installed; run \`${command.join(" ")}\``, {
      cause: error,
    });
  }
}

const changedAt = (file: string): number => statSync(file).mtimeMs;
