import type { ObjectId } from "mongodb";
import * as z from "zod";
import { TimePosition } from "../../db/newest.ts";
import { Failure } from "../../errors.ts";
import { PageFacts, type PageQuery, pageFacts, sliceOf } from "../../paging.ts";
import type { EventStore } from "../../security/event-store.ts";
import { type EventOrigin, securityEvent } from "../../security/events.ts";
import { type ActingStaff, actorOf } from "./actor.ts";
import type { RecordStore } from "./record-store.ts";

/** GET message-logs/{id}: newest first. */
export const MessagePage = PageFacts.extend({
  logs: z.array(
    z.object({
      id: z.string(),
      username: z.string(),
      email: z.string(),
      model: z.string(),
      /** `request` and `response`; null for those that do not fit into one answer. */
      messages: z.unknown(),
      messages_omitted: z.boolean(),
      research_enabled: z.boolean(),
      r_type: z.string().nullable(),
      tokens_used: z.int(),
      processing_time_ms: z.number(),
      ip_address: z.string(),
      timestamp: z.iso.datetime(),
    }),
  ),
});

interface ReadInput {
  staff: ActingStaff;
  account: ObjectId;
  query: PageQuery;
  request: EventOrigin;
}

/**
 * What a user asked and was answered. That it was read is recorded before anything is shown.
 * @throws Failure NOT_FOUND or VALIDATION_FAILED
 */
export async function readMessages(
  { records, events }: { records: Pick<RecordStore, "messages">; events: EventStore },
  { staff, account, query, request }: ReadInput,
): Promise<z.output<typeof MessagePage>> {
  const found = await records.messages(account, sliceOf(query, TimePosition));
  if (!found) throw new Failure("NOT_FOUND");
  await events.record(
    securityEvent("messages_read_by_staff", {
      request,
      subject: account,
      actor: actorOf(staff),
      details: { messages: found.messages.length },
    }),
  );
  return {
    logs: found.messages.map((one) => ({
      id: one._id,
      username: one.username,
      email: one.email,
      model: one.model,
      messages: one.messages === undefined ? null : JSON.parse(one.messages),
      messages_omitted: one.messages === undefined,
      research_enabled: one.research,
      r_type: one.rType ?? null,
      tokens_used: one.tokens,
      processing_time_ms: one.duration,
      ip_address: one.ip,
      timestamp: one.at.toISOString(),
    })),
    ...pageFacts(query, found),
  };
}
