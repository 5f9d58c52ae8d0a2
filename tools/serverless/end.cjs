/**
 * A plugin that ends `serverless invoke local` once the function has answered: its connections to the
 * database, which stay open for the next request, would keep the command waiting for ever.
 */
module.exports = class {
  hooks = { "after:invoke:local:invoke": () => setImmediate(() => process.exit()) };
};
