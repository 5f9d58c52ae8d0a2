import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { currentNames } from "../../lib/env.ts";
import { environmentOf } from "../local/environment.ts";
import { keptSecret } from "../local/secret.ts";
import type { StackFile } from "../local/stack.ts";

/** The bearer key of the local stack's stand-in upstream, which guards nothing. */
const standInKey = "sk-local";

/**
 * The environment that is to be looked at: what is given, or, where that names no database, that of
 * the local stack in `data`, if one was started.
 */
export function environmentToCheck(data: string, given: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const file = join(data, "stack.json");
  const { MONGODB_URI, MONGODB_URI_PARAMETER } = currentNames(given);
  if (MONGODB_URI || MONGODB_URI_PARAMETER || !existsSync(file)) return given;
  const stack = JSON.parse(readFileSync(file, "utf8")) as StackFile;
  return environmentOf(
    {
      mongodbUri: stack.mongodbUri,
      mailboxUrl: stack.mailboxUrl,
      upstreamUrl: stack.upstreamUrl,
      upstreamKey: standInKey,
      tokenSecret: keptSecret(join(data, "token-secret")),
    },
    given,
  );
}
