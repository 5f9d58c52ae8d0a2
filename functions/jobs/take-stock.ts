import { recordStock } from "../../lib/metrics.ts";
import { takeStock } from "../../lib/monitoring/take-stock.ts";
import { job, overview } from "../../lib/runtime.ts";

/** Every 5 minutes: measures what waits. */
export const handler = job("take-stock", () => takeStock({ overview, record: recordStock }));
