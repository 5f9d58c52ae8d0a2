import { ObjectId } from "mongodb";
import * as z from "zod";
import { TimePosition } from "../db/newest.ts";
import { idCodec } from "../ids.ts";
import { moment } from "../moment.ts";
import { PageFacts, PageQuery, pageFacts, sliceOf } from "../paging.ts";
import type { EventLogStore } from "./event-log-store.ts";
import { severities } from "./events.ts";

/** GET /v1/admin-panel/security-logs */
export const EventQuery = PageQuery.extend({
  event_type: z.string().min(1).max(100).optional(),
  severity: z.enum(severities).optional(),
  /** The user, or member of staff, it happened to. */
  user_id: idCodec.optional(),
  /** Whoever did it: a user, or somebody of staff. */
  actor_id: idCodec.optional(),
  ip_address: z.string().min(1).max(64).optional(),
  /** Not before; and before. */
  from: moment.optional(),
  to: moment.optional(),
});
type EventQuery = z.output<typeof EventQuery>;

/** Newest first. */
export const EventPage = PageFacts.extend({
  logs: z.array(
    z.object({
      id: idCodec,
      event_type: z.string(),
      severity: z.enum(severities),
      /** The user it happened to; the name is null of one who was removed. */
      user_id: idCodec.nullable(),
      username: z.string().nullable(),
      /** Who did it. */
      actor: z
        .object({ kind: z.enum(["account", "staff", "service"]), id: idCodec.nullable() })
        .nullable(),
      ip_address: z.string(),
      user_agent: z.string().nullable(),
      request_id: z.string(),
      details: z.record(z.string(), z.unknown()),
      timestamp: z.iso.datetime(),
    }),
  ),
});

/** Security events that fit. @throws Failure VALIDATION_FAILED for a page or a cursor that is none */
export async function listEvents(
  { eventLog }: { eventLog: EventLogStore },
  query: EventQuery,
): Promise<z.output<typeof EventPage>> {
  const found = await eventLog.list(
    {
      type: query.event_type,
      severity: query.severity,
      subject: query.user_id,
      actor: query.actor_id,
      ip: query.ip_address,
      from: query.from,
      to: query.to,
    },
    sliceOf(
      query,
      TimePosition.refine(([, id]) => ObjectId.isValid(id)),
    ),
  );
  return {
    logs: found.entries.map((event) => ({
      id: event._id,
      event_type: event.type,
      severity: event.severity,
      user_id: event.subject ?? null,
      username: (event.subject && found.usernames.get(event.subject.toHexString())) ?? null,
      actor: event.actor ? { kind: event.actor.kind, id: event.actor.id ?? null } : null,
      ip_address: event.ip,
      user_agent: event.userAgent ?? null,
      request_id: event.requestId,
      details: event.details,
      timestamp: event.at.toISOString(),
    })),
    ...pageFacts(query, found),
  };
}
