const { Module } = require("node:module");
const { requireEnvironment } = require("./environment.cjs");

/** Commands that run functions on this machine, which loads their TypeScript as it stands. */
const fromSource = ["offline", "local"].some((word) => process.argv.includes(word));

/** For whoever wants the template alone: `serverless package --param=bundles=off` takes seconds. */
const bundler = process.argv.includes("--param=bundles=off")
  ? "./tools/serverless/unbundled.cjs"
  : "serverless-esbuild";

// `invoke local` names a handler's file without its extension, and Node keeps .ts out of those it tries.
if (fromSource) Object.defineProperty(Module._extensions, ".ts", { enumerable: true });

/**
 * The plugins of serverless.yml. Where functions run from source, bundles would only be waited for:
 * with 50 functions 34 s and 2 GB instead of 4 s and 0.4 GB.
 */
module.exports = () => {
  requireEnvironment(process.argv.slice(2));
  return fromSource
    ? ["serverless-offline", "./tools/serverless/end.cjs"]
    : [bundler, "serverless-offline", "./tools/serverless/rest-api.cjs"];
};
