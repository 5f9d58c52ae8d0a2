const fs = require("node:fs");

/**
 * The layers of every function: AWS's Parameters and Secrets extension, where a secret is named by a
 * parameter. Its ARN differs by region and can't be guessed.
 */
module.exports = () => {
  const named = Object.keys(process.env).filter(
    (name) => name.endsWith("_PARAMETER") && ours(name) && process.env[name] !== "",
  );
  if (named.length === 0) return [];
  const arn = process.env.PARAMETERS_EXTENSION_ARN;
  if (arn) return [arn];
  throw new Error(
    `${named.join(", ")}: functions read parameters through a layer of AWS's. Set PARAMETERS_EXTENSION_ARN ` +
      "to the ARM64 ARN of your region, listed at " +
      "https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-integration-lambda-extensions.html",
  );
};

/** Whether serverless.yml passes the variable on to the functions. */
const ours = (name) => fs.readFileSync("serverless.yml", "utf8").includes(`env:${name},`);
