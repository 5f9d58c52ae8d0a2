import { sendOutbox } from "../../lib/email/send-outbox.ts";
import { job, mailer, outbox } from "../../lib/runtime.ts";

/** Every minute: tries the mails again that could not be sent. Ends before its timeout of 28 s. */
export const handler = job("send-outbox", () => sendOutbox({ outbox, mailer }, { budget: 20_000 }));
