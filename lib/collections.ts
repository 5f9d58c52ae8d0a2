import * as z from "zod";
import { deletedAccountsCollection } from "./accounts/deleted-account.ts";
import { accountsCollection } from "./accounts/document.ts";
import { ipRulesCollection } from "./addresses/document.ts";
import { ledgerCollection } from "./credits/ledger.ts";
import type { CollectionSpec } from "./db/collection-spec.ts";
import { outboxCollection } from "./email/outbox.ts";
import { idempotencyCollection } from "./idempotency/record.ts";
import { messageLogsCollection } from "./messages/message-log.ts";
import { securityEventsCollection } from "./security/events.ts";
import { throttleCollection } from "./security/throttle/document.ts";
import { settingsCollection } from "./settings/document.ts";
import { staffCollection } from "./staff/document.ts";
import { usageEventsCollection } from "./usage/event.ts";

/** Watermark and lease of each scheduled job, by its name. */
const jobs = {
  name: "jobs",
  schema: z.strictObject({
    _id: z.string(),
    /** Everything recorded up to here has been worked on. */
    watermark: z.date().optional(),
    lease: z.strictObject({ holder: z.string(), until: z.date() }).optional(),
  }),
  indexes: [],
} satisfies CollectionSpec;

/** Every collection of the service. */
export const collections: readonly CollectionSpec[] = [
  accountsCollection,
  deletedAccountsCollection,
  idempotencyCollection,
  ipRulesCollection,
  jobs,
  ledgerCollection,
  messageLogsCollection,
  outboxCollection,
  securityEventsCollection,
  settingsCollection,
  staffCollection,
  throttleCollection,
  usageEventsCollection,
];
