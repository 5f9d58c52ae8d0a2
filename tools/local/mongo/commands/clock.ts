import { Timestamp } from "bson";

export type OperationClock = ReturnType<typeof createClock>;

/** Timestamps that only grow, also when the machine's clock is set back: seconds and a counter. */
export const createClock = (seconds = () => Math.floor(Date.now() / 1000)) => {
  let latest = { t: 0, i: 0 };
  return {
    next: (): Timestamp => {
      const t = Math.max(latest.t, seconds());
      latest = { t, i: t === latest.t ? latest.i + 1 : 1 };
      return new Timestamp(latest);
    },
  };
};
