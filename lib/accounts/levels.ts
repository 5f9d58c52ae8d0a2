/**
 * The levels of models by their number, lowest first; 1 is the first. They stand apart from the rules
 * of accounts so that functions that need no more of these don't make their schemas at each cold start.
 */
export const levelNames = ["low", "medium", "high", "ultra"] as const;
