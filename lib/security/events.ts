import { type ClientInsertOneModel, type Db, type Document, ObjectId } from "mongodb";
import * as z from "zod";
import { objectId } from "../db/bson.ts";
import type { CollectionSpec } from "../db/collection-spec.ts";
import type { CarriedUsage } from "../usage/request-usage.ts";

export const severities = ["info", "warning", "error", "critical"] as const;
type Severity = (typeof severities)[number];

/** Every kind of security event, with how grave it is. */
const eventSeverities = {
  user_registered: "info",
  registration_failed: "info",
  login_successful: "info",
  login_failed: "info",
  password_hash_upgraded: "info",
  password_proof_failed: "warning",
  password_changed: "info",
  password_reset_requested: "info",
  password_reset: "warning",
  email_change_requested: "info",
  email_change_cancelled: "info",
  email_changed: "warning",
  email_verified: "info",
  account_deleted: "warning",
  account_exported: "info",
  session_revoked: "info",
  sessions_revoked: "info",
  refresh_token_reused: "critical",
  api_key_created: "info",
  api_key_updated: "info",
  api_key_regenerated: "info",
  api_key_revoked: "info",
  admin_created: "warning",
  admin_login_successful: "info",
  admin_login_failed: "info",
  admin_password_hash_upgraded: "info",
  support_staff_created: "info",
  support_login_successful: "info",
  support_login_failed: "info",
  support_password_hash_upgraded: "info",
  staff_disabled: "warning",
  staff_enabled: "warning",
  staff_permissions_changed: "warning",
  staff_password_changed: "info",
  staff_password_reset: "warning",
  staff_totp_offered: "info",
  staff_totp_enabled: "info",
  staff_totp_disabled: "warning",
  ip_temporarily_blocked: "warning",
  user_updated: "info",
  user_updated_by_support: "info",
  user_suspended: "warning",
  user_restored: "info",
  user_unlocked: "info",
  user_deleted: "warning",
  credits_granted: "info",
  credits_revoked: "info",
  api_key_regenerated_by_admin: "info",
  password_reset_by_staff: "warning",
  sessions_ended_by_staff: "info",
  messages_read_by_staff: "info",
  ip_rule_created: "warning",
  ip_rule_updated: "warning",
  ip_rule_deleted: "warning",
  settings_changed: "warning",
  settings_refreshed: "info",
} as const satisfies Record<string, Severity>;

export type SecurityEventType = keyof typeof eventSeverities;

export const securityEventsCollection = {
  name: "securityEvents",
  schema: z.strictObject({
    _id: objectId,
    type: z.string(),
    severity: z.enum(severities),
    /** Who did it, if known: an account, a member of staff, or the service itself. */
    actor: z
      .strictObject({ kind: z.enum(["account", "staff", "service"]), id: objectId.optional() })
      .optional(),
    /** The account or member of staff it happened to, if there is one. */
    subject: objectId.optional(),
    ip: z.string(),
    userAgent: z.string().optional(),
    requestId: z.string(),
    details: z.looseObject({}),
    at: z.date(),
  }),
  indexes: [
    { name: "expiry", key: { at: 1 }, expireAfterSeconds: 365 * 24 * 60 * 60 },
    { name: "newest", key: { at: -1, _id: -1 } },
    { name: "subject", key: { subject: 1, at: -1, _id: -1 } },
    { name: "actor", key: { "actor.id": 1, at: -1, _id: -1 } },
    { name: "type", key: { type: 1, at: -1, _id: -1 } },
    { name: "severity", key: { severity: 1, at: -1, _id: -1 } },
    { name: "ip", key: { ip: 1, at: -1, _id: -1 } },
  ],
} satisfies CollectionSpec;

export type SecurityEvent = z.output<typeof securityEventsCollection.schema>;

/** Of a request, what an event records; RequestFacts has it. */
export interface EventOrigin {
  id: string;
  ip: string;
  userAgent: string | undefined;
  /** Its usage event, which a change takes along. */
  usage?: CarriedUsage | undefined;
}

/** What may stand in an event. */
export type Detail =
  | boolean
  | number
  | string
  | null
  | readonly Detail[]
  | { readonly [name: string]: Detail };

export interface EventFacts {
  request: EventOrigin;
  /** The account or member of staff it happened to. */
  subject?: ObjectId;
  /** The subject itself, as an account, unless told. */
  actor?: SecurityEvent["actor"];
  /** Never a secret: neither a password nor a token, a code or a hash of one. */
  details?: Record<string, Detail>;
  /** Other than its kind's. */
  severity?: Severity;
}

/** A security event, to be written in the same batch as the change it tells of. */
export function securityEvent(
  type: SecurityEventType,
  { request, subject, actor, details = {}, severity = eventSeverities[type] }: EventFacts,
): SecurityEvent {
  const doer = actor ?? (subject && { kind: "account" as const, id: subject });
  return {
    _id: new ObjectId(),
    type,
    severity,
    ...(doer && { actor: doer }),
    ...(subject && { subject }),
    ip: request.ip,
    ...(request.userAgent !== undefined && { userAgent: request.userAgent }),
    requestId: request.id,
    details,
    at: new Date(),
  };
}

/** The event as one step of a `client.bulkWrite`. */
export const insertEvent = (db: Db, event: SecurityEvent): ClientInsertOneModel<Document> => ({
  name: "insertOne",
  namespace: `${db.databaseName}.${securityEventsCollection.name}`,
  document: event,
});
