import suite from "../../jest.config.js";

/** The suite's tests of pure rules, without its database: each runs some hundred times. */
export default {
  ...suite,
  rootDir: "../..",
  testMatch: [
    "credits/limits",
    "credits/refusal",
    "credits/rules",
    "credits/verdicts",
    "keys/cidr",
    "keys/rules",
    "redact",
    "security/bounded",
    "security/derived-key",
    "security/network",
    "security/token",
    "security/throttle/rules",
    "sessions/new-session",
    "sessions/successor",
  ].map((name) => `<rootDir>/tests/${name}.test.ts`),
  globalSetup: undefined,
  globalTeardown: undefined,
};
