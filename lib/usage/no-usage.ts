import type { RequestUsage } from "./request-usage.ts";

/** The usage of requests that nobody is known behind: it needs no database, and leaves no event. */
export const noUsage = (): RequestUsage => ({
  id: "",
  caller: undefined,
  of: () => {},
  succeedsWith: () => {},
  steps: () => [],
  stands: () => {},
  end: async () => {},
});
