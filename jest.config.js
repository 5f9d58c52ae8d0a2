/** The suite: ES modules, one database server for all workers, one database for each. */
export default {
  testEnvironment: "node",
  testMatch: ["<rootDir>/tests/**/*.test.ts"],
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      {
        jsc: {
          target: "es2024",
          parser: { syntax: "typescript" },
          experimental: { keepImportAttributes: true },
        },
        module: { type: "es6" },
      },
    ],
  },
  setupFiles: ["<rootDir>/tests/support/property-seed.ts"],
  globalSetup: "<rootDir>/tests/support/global-setup.ts",
  globalTeardown: "<rootDir>/tests/support/global-teardown.ts",
  testTimeout: 30_000,
  // Workers beyond the cores only make upper bounds on time less certain.
  maxWorkers: "100%",
  // What runs side by side in one file waits most of its time.
  maxConcurrency: 20,
};
