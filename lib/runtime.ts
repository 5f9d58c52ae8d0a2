import { randomUUID } from "node:crypto";
import { openDatabase } from "./db/connection.ts";
import { readEnv } from "./env.ts";
import { endpointBuilder } from "./http/endpoint.ts";
import { createLog } from "./logger.ts";
import { recordRequest } from "./metrics.ts";
import { readParameter } from "./parameters.ts";

/**
 * Composition root: each part under its own name, so that a function bundles only what it names.
 * A part that a bundler may leave out is made inside a function marked as pure.
 */

export const env = readEnv();

const log = createLog(env.LOG_LEVEL);

export const database = /* @__PURE__ */ (() =>
  openDatabase({
    name: env.MONGODB_DATABASE,
    uri: () =>
      env.MONGODB_URI ??
      readParameter(env.MONGODB_URI_PARAMETER ?? "", {
        port: env.PARAMETERS_SECRETS_EXTENSION_HTTP_PORT,
        token: env.AWS_SESSION_TOKEN ?? "",
      }),
  }))();

export const endpoint = endpointBuilder({
  log,
  record: recordRequest,
  newId: randomUUID,
  corsOrigins: env.CORS_ORIGINS,
  trustedProxies: env.TRUSTED_PROXIES,
  errorsUrl: env.ERRORS_URL,
});
