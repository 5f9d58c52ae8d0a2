import { mailFailure } from "./mail-failure.ts";
import type { Message } from "./message.ts";

/** What takes mails away. */
export interface Transport {
  /** @throws MailFailure within 2 s */
  send(to: string, message: Message): Promise<void>;
}

/** Milliseconds a send may take, so that a request goes on without its mail. */
const sendBound = 2_000;

interface SesOptions {
  from: string;
  /** Instead of the region's own, such as a local inbox. */
  endpoint: string | undefined;
}

/** Mail through Amazon SES. Credentials and region are those of the function. */
export function sesTransport({ from, endpoint }: SesOptions): Transport {
  // Loaded with the first mail: most containers that could send one never do.
  const connect = async () => {
    const { SESClient, SendEmailCommand } = await import("@aws-sdk/client-ses");
    // A connection that was kept may be dead after a freeze, and the mail would wait for the job.
    const agent = { keepAlive: false };
    const client = new SESClient({
      // What fails is tried again by the outbox, with a fresh code.
      maxAttempts: 1,
      requestHandler: { httpAgent: agent, httpsAgent: agent },
      ...(endpoint !== undefined && { endpoint }),
    });
    return { client, SendEmailCommand };
  };
  let connected: ReturnType<typeof connect> | undefined;

  return {
    send: async (to, { subject, text, html }) => {
      connected ??= connect();
      const { client, SendEmailCommand } = await connected;
      const content = (data: string) => ({ Data: data, Charset: "UTF-8" });
      const command = new SendEmailCommand({
        Source: from,
        Destination: { ToAddresses: [to] },
        Message: {
          Subject: content(subject),
          Body: { Text: content(text), Html: content(html) },
        },
      });
      try {
        await client.send(command, { abortSignal: AbortSignal.timeout(sendBound) });
      } catch (error) {
        throw mailFailure(error);
      }
    },
  };
}
