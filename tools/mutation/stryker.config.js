/**
 * Changes the pure rules and tokens one small thing at a time, and fails unless the tests notice
 * at least 85 of 100 changes.
 * https://stryker-mutator.io/docs/stryker-js/configuration/
 */
export default {
  mutate: [
    "lib/credits/{limit-headers,limits,refusal,rules}.ts",
    "lib/keys/{cidr,new-key,rules,view-key}.ts",
    "lib/redact.ts",
    "lib/security/{base62,bounded,derived-key,network,token}.ts",
    "lib/security/throttle/rules.ts",
    "lib/sessions/{new-session,rules,successor}.ts",
  ],
  testRunner: "jest",
  plugins: ["@stryker-mutator/jest-runner"],
  jest: { configFile: "tools/mutation/jest.config.js", enableFindRelatedTests: true },
  testRunnerNodeArgs: ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"],
  coverageAnalysis: "perTest",
  ignorePatterns: ["/bench", "/docs", "/events", "/functions", ".local", ".serverless"],
  // Jest reads none, and TypeScript 7 lacks the calls with which Stryker would rewrite it.
  tsconfigFile: "none",
  tempDirName: ".local/mutation",
  reporters: ["progress-append-only", "clear-text", "json", "html"],
  clearTextReporter: { allowColor: false, reportTests: false },
  jsonReporter: { fileName: ".local/mutation.json" },
  htmlReporter: { fileName: ".local/mutation.html" },
  thresholds: { high: 95, low: 85, break: 85 },
  allowConsoleColors: false,
};
