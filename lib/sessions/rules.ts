import * as z from "zod";
import { idCodec } from "../ids.ts";

/** The tokens of a session, in the answers to login and refresh. */
export const SessionTokens = z.object({
  session_token: z.string(),
  refresh_token: z.string(),
  expires_at: z.iso.datetime(),
  refresh_expires_at: z.iso.datetime(),
});
export type SessionTokens = z.output<typeof SessionTokens>;

export const RefreshRequest = z.object({ refresh_token: z.string().min(1).max(200) });

/** The answer to a refresh. */
export const Refreshed = z.object({ success: z.literal(true), session: SessionTokens });
export type Refreshed = z.output<typeof Refreshed>;

export const LogoutQuery = z.object({
  all: z.stringbool().default(false).describe("`true` to end all sessions of the account."),
});

/** GET /v1/users/sessions */
export const SessionList = z.object({
  success: z.literal(true),
  sessions: z.array(
    z.object({
      id: idCodec,
      current: z.boolean().describe("Whether it is the one that asks."),
      created_at: z.iso.datetime(),
      last_used_at: z.iso.datetime(),
      expires_at: z.iso.datetime(),
      refresh_expires_at: z.iso.datetime(),
      ip_address: z.string().describe("Where it was signed in."),
      user_agent: z.string().nullable(),
    }),
  ),
});
export type SessionList = z.output<typeof SessionList>;
