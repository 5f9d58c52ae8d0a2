import { randomUUID } from "node:crypto";
import { openDatabase } from "./db/connection.ts";
import { readEnv } from "./env.ts";
import { endpointBuilder } from "./http/endpoint.ts";
import { createLog } from "./logger.ts";
import { recordRequest } from "./metrics.ts";
import { readParameter } from "./parameters.ts";
import { derivedKeys } from "./security/derived-key.ts";

/**
 * Composition root: each part under its own name, so that a function bundles only what it names.
 * A part that a bundler may leave out is made inside a function marked as pure.
 */

export const env = readEnv();

const log = createLog(env.LOG_LEVEL);

const parameter = (name: string): Promise<string> =>
  readParameter(name, {
    port: env.PARAMETERS_SECRETS_EXTENSION_HTTP_PORT,
    token: env.AWS_SESSION_TOKEN ?? "",
  });

export const database = /* @__PURE__ */ (() =>
  openDatabase({
    name: env.MONGODB_DATABASE,
    uri: () => env.MONGODB_URI ?? parameter(env.MONGODB_URI_PARAMETER ?? ""),
  }))();

/** Keys of the service's HMACs by purpose. */
export const keyOf = /* @__PURE__ */ (() =>
  derivedKeys(async () => {
    if (env.TOKEN_SECRET !== undefined) return env.TOKEN_SECRET;
    if (env.TOKEN_SECRET_PARAMETER !== undefined) return parameter(env.TOKEN_SECRET_PARAMETER);
    throw new Error("Set TOKEN_SECRET, or TOKEN_SECRET_PARAMETER, to the server's secret.");
  }))();

export const endpoint = endpointBuilder({
  log,
  record: recordRequest,
  newId: randomUUID,
  corsOrigins: env.CORS_ORIGINS,
  trustedProxies: env.TRUSTED_PROXIES,
  errorsUrl: env.ERRORS_URL,
});
