import * as z from "zod";
import { defaultPrompts } from "./default-prompts.ts";

/** Larger than any figure that is meant, and small enough for every sum of them. */
const large = 1_000_000_000;
const count = z.int().min(0).max(large);
const positive = z.int().min(1).max(large);
/** Hours that a code or a session lives, at most a year. */
const hours = z.int().min(1).max(8_760);
const days = z.int().min(1).max(365);

/** A rate is kept in whole milliseconds between two requests. */
const perMinute = z.int().min(1).max(60_000);

/** Requests a minute that a plan allows of each class, and how many may be sent at once. */
const Rate = z.strictObject({
  perMinute,
  /** Half of `perMinute`, rounded up, unless told. */
  burst: perMinute.optional(),
});

const Plan = z.strictObject({
  rate: z.strictObject({ other: Rate, chat: Rate, batch: Rate }),
  /** Metered requests open at the same time; each is in the account's document. */
  openAtOnce: z.int().min(1).max(1_000),
  /** Highest level: 1 low, 2 medium, 3 high, 4 ultra. */
  level: z.int().min(1).max(4),
  rTypes: z.array(z.string()),
  /** Credits a day that are not kept when the day ends. */
  dailyCredits: count,
  dailyConversations: count,
});

/** Failures that lock, and for how long. */
const Lock = z.strictObject({ failures: positive, minutes: z.int().min(1).max(525_600) });

/** Credits or conversations of one request. */
const price = z.int().min(0).max(10_000);

/** What a level of models is answered by, and what one request of it takes. */
const Level = z.strictObject({
  /** As providers know it, unless a provider's own `models` say otherwise. */
  model: z.string().min(1).max(100),
  credits: price,
  conversations: price,
});

const prompt = z.string().min(1).max(20_000);

/**
 * The parameter that holds a key of somebody else's service. The path keeps whoever may change
 * settings from having the service's own secrets sent to an address of theirs.
 */
const keyParameter = z.string().regex(/^\/[\w./-]+\/providers\/[\w.-]+$/, {
  error: "must be the path of a parameter with /providers/ before its last part",
});

const httpUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL" });

/** As providers write them, such as `openai/gpt-4.1`. */
const modelName = z.string().regex(/^\w[\w./:@+-]{0,99}$/);

/** Somebody who answers in OpenAI's form. */
const Provider = z.strictObject({
  name: z.string().min(1).max(50),
  /** With its `/v1`. */
  url: httpUrl,
  keyParameter: keyParameter.optional(),
  /** The provider's name of a model, by the name in `levels`; a model it does not name keeps its name. */
  models: z.record(modelName, modelName).default({}),
  /** Longest silence in seconds before the next provider is asked. */
  timeoutSeconds: z.int().min(1).max(280).default(120),
});

/** Everything about the service that its staff may change while it runs. */
export const Settings = z
  .strictObject({
    registration: z.strictObject({
      enabled: z.boolean(),
      /** Of one IP address, in 24 hours. */
      acceptedPerDay: positive,
      /** Of one IP address, in one hour. */
      refusedPerHour: positive,
      plan: z.string(),
      /** Put on the balance of a new account, and kept until spent. */
      credits: count,
    }),
    verification: z.strictObject({
      /** Whether an account must have a verified address before its keys work. */
      required: z.boolean(),
      /** How long a code lives. */
      hours,
      sendsPerDay: z.int().min(1).max(1_000),
      /** Minutes between two sends. */
      waitMinutes: z.int().min(0).max(1_440),
      /** Wrong codes before a new one must be sent: a code has a million values. */
      tries: z.int().min(1).max(100),
    }),
    sessions: z.strictObject({
      hours,
      refreshDays: days,
      /** Days after its login at which a session ends, however often it was refreshed. */
      longestDays: z.int().min(1).max(3_650),
      /** The oldest of an account goes when there are more. */
      most: z.int().min(1).max(50),
    }),
    login: z.strictObject({ identity: Lock, address: Lock }),
    staff: z.strictObject({
      /** Whether staff must have a second factor before they may do anything else. */
      totpRequired: z.boolean(),
      /** How long a session lives before it must be refreshed. */
      sessionHours: hours,
      /** How long it can be refreshed, from the login on. */
      refreshDays: z.strictObject({ admin: days, support: days }),
      /** Characters of a password that is the only factor; with a second one as for users. */
      passwordMinLength: z.int().min(8).max(128),
    }),
    passwords: z.strictObject({
      minLength: z.int().min(8).max(128),
      /** OWASP asks for at least 19 MiB in 2 passes; the same in KiB. */
      argon2id: z.strictObject({
        memory: z.int().min(19_456).max(262_144),
        passes: z.int().min(2).max(10),
        parallelism: z.int().min(1).max(4),
      }),
    }),
    plans: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/), Plan),
    levels: z.strictObject({ low: Level, medium: Level, high: Level, ultra: Level }),
    /** The system prompt of each style. */
    prompts: z.strictObject({
      bpe: prompt,
      bcot: prompt,
      hcot: prompt,
      react: prompt,
      tot: prompt,
    }),
    /** Asked in this order; without any, the one of the environment. */
    providers: z.array(Provider).max(10),
  })
  .refine(({ plans, registration }) => Object.hasOwn(plans, registration.plan), {
    path: ["registration", "plan"],
    error: "is not among the plans",
  });
export type Settings = z.output<typeof Settings>;
type Plan = z.output<typeof Plan>;
export type LevelName = keyof Settings["levels"];
export type PromptStyle = keyof Settings["prompts"];
export type PasswordCost = Settings["passwords"]["argon2id"];

const plan = (
  [other, chat, batch, openAtOnce]: [number, number, number, number],
  rest: Omit<Plan, "rate" | "openAtOnce">,
): Plan => ({
  rate: { other: { perMinute: other }, chat: { perMinute: chat }, batch: { perMinute: batch } },
  openAtOnce,
  ...rest,
});

const everyRType = Object.keys(defaultPrompts);

const level = (model: string) => ({ model, credits: 1, conversations: 1 });

/** What holds where neither the environment nor the stored settings say otherwise. */
export const defaultSettings: Settings = {
  registration: { enabled: true, acceptedPerDay: 10, refusedPerHour: 20, plan: "free", credits: 0 },
  verification: { required: false, hours: 24, sendsPerDay: 3, waitMinutes: 5, tries: 5 },
  sessions: { hours: 24, refreshDays: 30, longestDays: 90, most: 10 },
  login: { identity: { failures: 5, minutes: 60 }, address: { failures: 5, minutes: 15 } },
  staff: {
    totpRequired: false,
    sessionHours: 12,
    refreshDays: { admin: 7, support: 3 },
    passwordMinLength: 15,
  },
  passwords: { minLength: 8, argon2id: { memory: 19_456, passes: 2, parallelism: 1 } },
  plans: {
    free: plan([30, 10, 5, 2], {
      level: 1,
      rTypes: ["bpe", "tot"],
      dailyCredits: 5,
      dailyConversations: 10,
    }),
    basic: plan([60, 20, 10, 5], {
      level: 2,
      rTypes: ["bpe", "bcot", "tot"],
      dailyCredits: 50,
      dailyConversations: 100,
    }),
    pro: plan([100, 50, 20, 20], {
      level: 3,
      rTypes: everyRType,
      dailyCredits: 500,
      dailyConversations: 1_000,
    }),
    enterprise: plan([500, 200, 100, 100], {
      level: 4,
      rTypes: everyRType,
      dailyCredits: 10_000,
      dailyConversations: 20_000,
    }),
  },
  levels: {
    low: level("gpt-4o-mini"),
    medium: level("gpt-4o"),
    high: level("o3-mini"),
    ultra: level("gpt-5"),
  },
  prompts: defaultPrompts,
  providers: [],
};
