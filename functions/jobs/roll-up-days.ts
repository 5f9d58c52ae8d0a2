import { job, rollingUp } from "../../lib/runtime.ts";
import { rollUpDays } from "../../lib/usage/roll-up-days.ts";

/** Every 5 minutes: adds hours of usage up to days, and removes old events. Ends before its timeout of 300 s. */
export const handler = job("roll-up-days", () => rollUpDays(rollingUp, { budget: 200_000 }));
