import * as timers from "node:timers/promises";
import { jest } from "@jest/globals";

/** Milliseconds from which a wait ends at once. */
const long = 2_000;

/**
 * Lets long waits of the functions that are loaded from here on end at once: a link for a new password
 * is asked for in the same time for every address, which has tests of its own and costs others minutes.
 */
export function withoutWaits(): void {
  jest.unstable_mockModule("node:timers/promises", () => ({
    ...timers,
    setTimeout: ((milliseconds, ...rest) =>
      timers.setTimeout(milliseconds < long ? milliseconds : 0, ...rest)) as (
      milliseconds: number,
      ...rest: [unknown?, object?]
    ) => Promise<unknown>,
  }));
}
