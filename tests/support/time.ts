import { afterEach, jest } from "@jest/globals";

let passed = 0;

/** Lets everything that processes keep grow old: settings and address rules are read again. */
export function passTenSeconds(): void {
  passed += 10_000;
  const real = performance.timeOrigin;
  jest.spyOn(Date, "now").mockImplementation(() => Math.round(real + performance.now()) + passed);
}

afterEach(() => {
  jest.restoreAllMocks();
});
