import * as z from "zod";

/** The tokens of a session, in the answers to login and refresh. */
export const SessionTokens = z.object({
  session_token: z.string(),
  refresh_token: z.string(),
  expires_at: z.iso.datetime(),
  refresh_expires_at: z.iso.datetime(),
});
export type SessionTokens = z.output<typeof SessionTokens>;
