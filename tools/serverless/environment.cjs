/** What no function starts without, by the names that may say it. */
const needed = [
  ["MONGODB_URI", "MONGODB_URI_PARAMETER", "MONGODB_URL"],
  ["TOKEN_SECRET", "TOKEN_SECRET_PARAMETER"],
];

/**
 * Keeps a deployment from replacing a service that works by one that can't start: the environment of
 * its functions is that of whoever deploys, each time.
 * @param {readonly string[]} command what serverless is asked for, by its words
 * @throws Error naming what is not set
 */
exports.requireEnvironment = ([command, part]) => {
  if (command !== "deploy" || part === "list") return;
  const missing = needed.filter((names) => names.every((name) => !process.env[name]));
  if (missing.length === 0) return;
  const wanted = missing.map(([name, parameter]) => `${name} or ${parameter}`).join(", and ");
  throw new Error(
    `Set ${wanted}: without them no function starts. Every deployment needs the environment of ` +
      "docs/deploy.md, not only the first.",
  );
};
