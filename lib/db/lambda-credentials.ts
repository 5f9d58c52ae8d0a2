import { readEnv } from "../env.ts";

/**
 * Stands in for `@aws-sdk/credential-providers` in the bundles: the driver asks that package for
 * credentials when it authenticates by IAM, and on Lambda they are always the function's own. The
 * package itself would add 401 KB to each function.
 */
export const fromNodeProviderChain = () => async () => {
  const env = readEnv();
  return {
    accessKeyId: env.AWS_ACCESS_KEY_ID ?? "",
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? "",
    sessionToken: env.AWS_SESSION_TOKEN,
  };
};
