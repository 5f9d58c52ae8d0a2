import { sweepHolds } from "../../lib/credits/sweep-holds.ts";
import { job, sweeping } from "../../lib/runtime.ts";

/** Every minute: gives back what crashed requests hold. Ends before its timeout of 28 s. */
export const handler = job("sweep-holds", () => sweepHolds(sweeping, { budget: 20_000 }));
