import * as z from "zod";
import { issueText } from "./issue-text.ts";

/** Names of the former API that still mean something, and the name each has now. */
const formerNames = {
  MONGODB_URL: "MONGODB_URI",
  FROM_EMAIL: "MAIL_FROM",
  WAPI_URL: "UPSTREAM_URL",
  WAPI_KEY: "UPSTREAM_API_KEY",
} as const;

const list = z
  .string()
  .transform((text) => text.split(",").map((item) => item.trim()))
  .transform((items) => items.filter((item) => item !== ""));

const levels = ["DEBUG", "INFO", "WARN", "ERROR", "CRITICAL", "SILENT"] as const;

/** Python's name for WARN was valid in the former API. */
const logLevel = z.preprocess(
  (level) => (typeof level === "string" ? level.toUpperCase().replace(/^WARNING$/, "WARN") : level),
  z.enum(levels).default("INFO"),
);

const mongodbUri = z
  .string({ error: "is missing: set it to where the database is" })
  .regex(/^mongodb(\+srv)?:\/\/./, { error: "must begin with mongodb:// or mongodb+srv://" });

const httpUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL" });

/** "true", "1", "yes", "on" and their opposites, in any case. */
const flag = z.stringbool();

const whole = z.coerce.number().int();

/** JSON in a variable, of the form of `schema`. */
const json = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: "custom", message: "must be JSON" });
        return z.NEVER;
      }
    })
    .pipe(schema);

const databaseVariables = {
  /** Where the database is. For Atlas with IAM authentication the address holds no secret. */
  MONGODB_URI: mongodbUri.optional(),
  /** Or: the name of the SSM parameter that holds the address, read at cold start. */
  MONGODB_URI_PARAMETER: z.string().optional(),
  MONGODB_DATABASE: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,38}$/, { error: "must be 1 to 38 letters, digits, _ or -" })
    .default("promptenchanter"),
};

/** Asks for a value or the parameter that holds it, also when another variable is malformed. */
const needs = (name: "MONGODB_URI" | "TOKEN_SECRET", what: string) =>
  z.refine<Record<string, unknown>>(
    (env) => env[name] !== undefined || env[`${name}_PARAMETER`] !== undefined,
    {
      path: [name],
      error: `is missing: set it, or ${name}_PARAMETER, to ${what}`,
      when: () => true,
    },
  );

const needsDatabase = needs("MONGODB_URI", "where the database is");

const variables = z
  .object({
    ...databaseVariables,
    /** The server's secret, from which the keys of codes and refresh tokens are derived. */
    TOKEN_SECRET: z.string().min(32, { error: "must have at least 32 characters" }).optional(),
    /** Or: the name of the SSM parameter that holds it. */
    TOKEN_SECRET_PARAMETER: z.string().optional(),
    /** Sender of mail; without it mail is off. */
    MAIL_FROM: z.email().optional(),
    /** Another SES endpoint, such as the local inbox. */
    SES_ENDPOINT: httpUrl.optional(),
    /** Where the pages are that links in mails lead to; without it mails hold the token itself. */
    APP_URL: httpUrl.transform((url) => url.replace(/\/+$/, "")).optional(),
    /** Base URL of the OpenAI-compatible upstream, with its /v1. */
    UPSTREAM_URL: httpUrl.optional(),
    UPSTREAM_API_KEY: z.string().optional(),
    /** Or: the name of the SSM parameter that holds it. */
    UPSTREAM_API_KEY_PARAMETER: z.string().optional(),
    /** Where a search service in the form of Tavily's takes queries; without it there is no research. */
    SEARCH_URL: httpUrl.optional(),
    SEARCH_API_KEY: z.string().optional(),
    /** Or: the name of the SSM parameter that holds it. */
    SEARCH_API_KEY_PARAMETER: z.string().optional(),
    /** Origins that browsers may call from, comma-separated; `*` for any. */
    CORS_ORIGINS: list.default([]),
    /** How many proxies in front of the gateway append to X-Forwarded-For truthfully. */
    TRUSTED_PROXIES: z.coerce.number().int().min(0).max(10).default(0),
    /** Where the reference of error codes is served; `type` of every problem leads there. */
    ERRORS_URL: z.string().default("/docs/errors"),
    LOG_LEVEL: logLevel,
    /** Names of the former API that stand in for defaults of lib/settings. */
    USER_REGISTRATION_ENABLED: flag.optional(),
    EMAIL_VERIFICATION_ENABLED: flag.optional(),
    EMAIL_VERIFICATION_TOKEN_EXPIRY_HOURS: whole.min(1).optional(),
    EMAIL_VERIFICATION_RESEND_LIMIT_PER_DAY: whole.min(1).optional(),
    DEFAULT_USER_CREDITS: json(
      z.object({ main: z.int().min(0), reset: z.int().min(0) }),
    ).optional(),
    DEFAULT_USER_LIMITS: json(z.object({ reset: z.int().min(0) })).optional(),
    DEFAULT_USER_ACCESS_RTYPE: json(z.array(z.string())).optional(),
    DEFAULT_USER_LEVEL: z.enum(["low", "medium", "high", "ultra"]).optional(),
    SESSION_DURATION_HOURS: whole.min(1).optional(),
    REFRESH_TOKEN_DURATION_DAYS: whole.min(1).optional(),
    /** Set by Lambda. */
    AWS_ACCESS_KEY_ID: z.string().optional(),
    AWS_SECRET_ACCESS_KEY: z.string().optional(),
    AWS_SESSION_TOKEN: z.string().optional(),
    PARAMETERS_SECRETS_EXTENSION_HTTP_PORT: z.coerce.number().int().default(2773),
  })
  .check(needsDatabase, needs("TOKEN_SECRET", "a random text of 32 characters or more"));

/** Parameters are read inside of functions only. */
const databaseOnly = z.object({
  MONGODB_URI: mongodbUri,
  MONGODB_DATABASE: databaseVariables.MONGODB_DATABASE,
});

export type Env = z.output<typeof variables>;

/** The environment has missing or malformed values; the message names each of them, never a value. */
export class EnvError extends Error {
  constructor(problems: string[]) {
    super(`The environment is not usable:\n${problems.map((line) => `  ${line}`).join("\n")}`);
    this.name = "EnvError";
  }
}

type Source = Record<string, string | undefined>;

/** The variables that are set, not empty, with those of the former API under the names of today unless these are set too. */
export function currentNames(source: Source): Source {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ""));
  for (const [former, name] of Object.entries(formerNames)) given[name] ??= given[former];
  return given;
}

/**
 * Parses environment variables. Empty ones count as unset; names of the former API are accepted
 * where the new one is unset, and its DEBUG opens CORS to any origin.
 * @throws EnvError naming every missing or malformed variable at once
 */
export const parseEnv = (source: Source): Env => parseVariables(variables, source);

/** The environment of this process; the only place that reads it. */
export const readEnv = (): Env => parseEnv(process.env);

/** What a tool needs that only touches the database. @throws EnvError as `readEnv` */
export const readDatabaseEnv = (): z.output<typeof databaseOnly> =>
  parseVariables(databaseOnly, process.env);

function parseVariables<Schema extends z.ZodType>(
  schema: Schema,
  source: Source,
): z.output<Schema> {
  const given = currentNames(source);
  if (given.CORS_ORIGINS === undefined && given.DEBUG?.toLowerCase() === "true") {
    given.CORS_ORIGINS = "*";
  }
  const parsed = schema.safeParse(given, { error: issueText });
  if (parsed.success) return parsed.data;
  throw new EnvError(
    parsed.error.issues.map((issue) => {
      const name = String(issue.path[0]);
      const former = Object.entries(formerNames).find(([, today]) => today === name)?.[0] ?? name;
      const isFormer = !source[name] && source[former];
      return `${isFormer ? former : name}: ${issue.message}`;
    }),
  );
}
