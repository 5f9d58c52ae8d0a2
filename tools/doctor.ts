import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openDatabase } from "../lib/db/connection.ts";
import { type Env, parseEnv } from "../lib/env.ts";
import { environmentSettings } from "../lib/settings/environment.ts";
import { settingsReader } from "../lib/settings/reader.ts";
import { settingsStore } from "../lib/settings/store.ts";
import { providersOf } from "../lib/upstream/provider.ts";
import { checkDatabase } from "./doctor/database.ts";
import { environmentToCheck } from "./doctor/environment.ts";
import { bad, type Finding, good, lineOf, reasonOf, unseen } from "./doctor/finding.ts";
import { checkMail, checkProviders, checkSecrets } from "./doctor/services.ts";

/** Where `npm start` keeps its things, unless `--data` says another place. */
const local = fileURLToPath(new URL("../.local", import.meta.url));

/** Looks at everything that the service needs in an environment. */
export async function examine(given: NodeJS.ProcessEnv): Promise<Finding[]> {
  let env: Env;
  try {
    env = parseEnv(given);
  } catch (error) {
    const todo = "Set what is named, or start the local stack with `npm start` and ask again.";
    return [bad("environment", reasonOf(error), todo)];
  }
  const findings = [good("environment", "can be read"), ...checkSecrets(env)];
  const { MONGODB_URI: uri } = env;
  if (uri === undefined) {
    findings.push(
      unseen("database", "MONGODB_URI_PARAMETER is read on Lambda only; set MONGODB_URI to look"),
    );
    return [...findings, await checkMail(env)];
  }
  const database = openDatabase({ name: env.MONGODB_DATABASE, uri: () => uri });
  try {
    const found = await checkDatabase(database);
    return [...findings, ...found, await checkMail(env), ...(await checkModels(env, database))];
  } finally {
    await database.close();
  }
}

/** The providers stand in the settings, else in the environment. */
async function checkModels(
  env: Env,
  database: ReturnType<typeof openDatabase>,
): Promise<Finding[]> {
  const settings = settingsReader({
    store: settingsStore(database),
    environment: environmentSettings(env),
  });
  const providers = providersOf({
    settings,
    environment: {
      url: env.UPSTREAM_URL,
      key: env.UPSTREAM_API_KEY,
      keyParameter: env.UPSTREAM_API_KEY_PARAMETER,
    },
    readParameter: () => Promise.reject(new Error("read on Lambda only")),
  });
  try {
    return await checkProviders(await providers());
  } catch (error) {
    return [
      bad("settings", reasonOf(error), "Mend the database first; the settings are read from it."),
    ];
  }
}

/** `npm run doctor`: a line for each thing looked at; exit code 1 if one is bad. */
if (import.meta.main) {
  const { values } = parseArgs({ options: { data: { type: "string", default: local } } });
  const findings = await examine(environmentToCheck(values.data, process.env));
  console.log(findings.map(lineOf).join("\n"));
  process.exitCode = findings.some(({ state }) => state === "bad") ? 1 : 0;
}
