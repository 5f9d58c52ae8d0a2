import { once } from "node:events";
import { type Listening, listening } from "./listen.ts";

/**
 * Starts the local SES: its APIs (v1 and v2), a web inbox at `/` and the mails as JSON at `/store`,
 * on 127.0.0.1 and a free port. Mails are kept in memory.
 */
export async function startMailbox(): Promise<Listening> {
  // Loaded here, so that a start that fails before it need not pay for it.
  const { default: mailbox } = await import("aws-ses-v2-local");
  const server = await mailbox.default({ host: "127.0.0.1", port: 0 });
  if (!server.listening) await once(server, "listening");
  return listening(server);
}
