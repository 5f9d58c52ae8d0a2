import type { Limits } from "./metering.ts";

/**
 * What is left, as headers: those of draft-ietf-httpapi-ratelimit-headers (seconds), those that
 * OpenAI's API sends (its clients read them), and the credits.
 */
export function limitHeaders({ left, rate }: Limits): Record<string, string> {
  const reset = Math.ceil(rate.resetMs / 1_000);
  return {
    RateLimit: `"${rate.class}";r=${rate.remaining};t=${reset}`,
    "RateLimit-Policy": `"${rate.class}";q=${rate.perMinute};w=60`,
    "x-ratelimit-limit-requests": String(rate.perMinute),
    "x-ratelimit-remaining-requests": String(rate.remaining),
    "x-ratelimit-reset-requests": `${reset}s`,
    "X-Credits-Remaining": String(left.credits),
  };
}
