/** How long work on one command may keep all others waiting, in milliseconds. */
const longest = 10;

/** Steps between two looks at the clock. */
const steps = 16;

/** For long work in small steps: says after a step whether others have waited long enough, and lets them come. */
export const takeTurns = () => {
  let left = steps;
  let start = performance.now();
  return {
    isOver: (): boolean => {
      left -= 1;
      if (left > 0) return false;
      left = steps;
      return performance.now() - start >= longest;
    },
    next: async (): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      start = performance.now();
    },
  };
};
