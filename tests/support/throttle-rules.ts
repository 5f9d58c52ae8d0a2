import fc from "fast-check";
import type { ThrottleRule } from "../../lib/security/throttle/rules.ts";

const hour = 3_600_000;

/** Small rules, with a lock and without, that short histories reach the limits of. */
export const someThrottleRule = fc.constantFrom<ThrottleRule>(
  { limit: 1, window: hour },
  { limit: 3, window: hour },
  { limit: 3, window: hour, lock: 2 * hour },
);
