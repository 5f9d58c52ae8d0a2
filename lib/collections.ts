import { deletedAccountsCollection } from "./accounts/deleted-account.ts";
import { accountsCollection } from "./accounts/document.ts";
import { ipRulesCollection } from "./addresses/document.ts";
import { ledgerCollection } from "./credits/ledger.ts";
import type { CollectionSpec } from "./db/collection-spec.ts";
import { outboxCollection } from "./email/outbox.ts";
import { idempotencyCollection } from "./idempotency/record.ts";
import { jobsCollection } from "./jobs/document.ts";
import { messageLogsCollection } from "./messages/message-log.ts";
import { securityEventsCollection } from "./security/events.ts";
import { throttleCollection } from "./security/throttle/document.ts";
import { settingsCollection } from "./settings/document.ts";
import { staffCollection } from "./staff/document.ts";
import { usageEventsCollection } from "./usage/event.ts";
import { usageDailyCollection, usageHourlyCollection } from "./usage/row.ts";

/** Every collection of the service. */
export const collections: readonly CollectionSpec[] = [
  accountsCollection,
  deletedAccountsCollection,
  idempotencyCollection,
  ipRulesCollection,
  jobsCollection,
  ledgerCollection,
  messageLogsCollection,
  outboxCollection,
  securityEventsCollection,
  settingsCollection,
  staffCollection,
  throttleCollection,
  usageDailyCollection,
  usageEventsCollection,
  usageHourlyCollection,
];
