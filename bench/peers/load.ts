import { fileURLToPath } from "node:url";
import { installOnDemand } from "../../tools/on-demand.ts";

const modules = [
  "better-auth",
  "@better-auth/api-key",
  "better-auth/adapters/mongodb",
  "mongodb",
  "rate-limiter-flexible",
];

/**
 * What the peers export, installed if need be. It stands beside their package.json so that their
 * names mean the packages installed here, and imports none by name, so that nothing else needs them.
 * @throws Error that says what to run, if they can't be installed
 */
export async function loadPeers(): Promise<object> {
  installOnDemand(fileURLToPath(new URL(".", import.meta.url)), "the peers");
  const loaded: object[] = await Promise.all(modules.map((name) => import(name)));
  return Object.assign({}, ...loaded);
}
