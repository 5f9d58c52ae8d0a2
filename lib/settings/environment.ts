import { levelNames } from "../accounts/levels.ts";
import type { Env } from "../env.ts";
import { overridden } from "./overrides.ts";
import { defaultSettings } from "./rules.ts";

/** What holds where nothing is stored: the defaults, and before them what the environment says. */
export const baseSettings = (env: Env): Record<string, unknown> =>
  overridden(defaultSettings, environmentSettings(env));

/** What the environment says in place of the defaults; a field it does not set is undefined. */
export function environmentSettings(env: Env): Record<string, unknown> {
  const credits = env.DEFAULT_USER_CREDITS;
  return {
    registration: {
      enabled: env.USER_REGISTRATION_ENABLED,
      // The former figure counts the day's allowance in.
      credits: credits && Math.max(0, credits.main - credits.reset),
    },
    verification: {
      required: env.EMAIL_VERIFICATION_ENABLED,
      hours: env.EMAIL_VERIFICATION_TOKEN_EXPIRY_HOURS,
      sendsPerDay: env.EMAIL_VERIFICATION_RESEND_LIMIT_PER_DAY,
    },
    sessions: { hours: env.SESSION_DURATION_HOURS, refreshDays: env.REFRESH_TOKEN_DURATION_DAYS },
    plans: {
      [defaultSettings.registration.plan]: {
        level: env.DEFAULT_USER_LEVEL && levelNames.indexOf(env.DEFAULT_USER_LEVEL) + 1,
        rTypes: env.DEFAULT_USER_ACCESS_RTYPE,
        dailyCredits: credits?.reset,
        dailyConversations: env.DEFAULT_USER_LIMITS?.reset,
      },
    },
  };
}
