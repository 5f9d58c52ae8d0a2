import { currentNames } from "../../lib/env.ts";

/** The bearer key of the stand-in upstream; no secret, it guards nothing. */
export const upstreamKey = "sk-local";

interface Parts {
  mongodbUri: string;
  mailboxUrl: string;
  upstreamUrl: string;
  upstreamKey: string;
  tokenSecret: string;
}

/**
 * The environment of the functions (lib/env.ts says what each name means). What the caller has set
 * wins, so that `UPSTREAM_URL=… npm start` tries a real upstream; the parts in between the client
 * and the functions are the stack's own.
 */
export function environmentOf(parts: Parts, given: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const defaults = {
    MONGODB_DATABASE: "promptenchanter",
    MAIL_FROM: "no-reply@promptenchanter.example",
    SES_ENDPOINT: parts.mailboxUrl,
    UPSTREAM_URL: `${parts.upstreamUrl}/v1`,
    UPSTREAM_API_KEY: parts.upstreamKey,
    TOKEN_SECRET: parts.tokenSecret,
    CORS_ORIGINS: "*",
    LOG_LEVEL: "INFO",
    // The SDK signs even what goes to the local mailbox.
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
  };
  const set = Object.entries(currentNames(given)).filter(([, value]) => value !== undefined);
  return {
    ...defaults,
    ...Object.fromEntries(set),
    MONGODB_URI: parts.mongodbUri,
    TRUSTED_PROXIES: "1",
  };
}
