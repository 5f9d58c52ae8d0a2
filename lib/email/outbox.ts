import * as z from "zod";
import { objectId } from "../db/bson.ts";
import type { CollectionSpec } from "../db/collection-spec.ts";
import { mailPurposes } from "./mailer.ts";

/** A mail that is still to be sent. Its code or link is made when it is sent, so none ever stands here. */
const OutboxMail = z.strictObject({
  _id: objectId,
  account: objectId,
  purpose: z.enum(mailPurposes),
  to: z.string().optional(),
  createdAt: z.date(),
  /** When it is tried next; while a worker has it, when its lease ends. */
  dueAt: z.date(),
  /** How many times the job has taken it. */
  tries: z.int().min(0),
  /** The worker that has it, so that one whose lease ended leaves it alone. */
  lease: z.string().optional(),
});
export type OutboxMail = z.output<typeof OutboxMail>;

export const outboxCollection = {
  name: "emailOutbox",
  schema: OutboxMail,
  indexes: [{ name: "due", key: { dueAt: 1 } }],
} satisfies CollectionSpec;
