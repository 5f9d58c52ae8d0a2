import * as z from "zod";
import { idCodec } from "../ids.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import type { SignedInAccount } from "../sessions/store.ts";
import type { UsageEvent } from "../usage/event.ts";
import type { ExportStore } from "./export-store.ts";
import { Profile, profileOf } from "./profile.ts";

const time = z.iso.datetime();

/** GET /v1/users/account/export: what is kept of a person, without hashes of secrets. */
export const AccountExport = z.object({
  success: z.literal(true),
  exported_at: time,
  profile: Profile,
  api_keys: z.array(
    z.object({
      id: idCodec,
      name: z.string(),
      masked: z.string(),
      scopes: z.array(z.string()),
      created_at: time,
      expires_at: time.nullable(),
    }),
  ),
  sessions: z.array(
    z.object({
      id: idCodec,
      created_at: time,
      last_used_at: time,
      ip_address: z.string(),
      user_agent: z.string().nullable(),
    }),
  ),
  credit_movements: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      allowance: z.int(),
      balance: z.int(),
      reason: z.string(),
      timestamp: time,
    }),
  ),
  /** The newest that fit: at most 2,000,000 characters. */
  messages: z.array(
    z.object({
      id: z.string(),
      model: z.string(),
      r_type: z.string().nullable(),
      research_enabled: z.boolean(),
      /** `request` and `response`. */
      messages: z.unknown(),
      tokens_used: z.int(),
      processing_time_ms: z.number(),
      ip_address: z.string(),
      timestamp: time,
    }),
  ),
  /** One for each request of the last 90 days, the newest 2,000. */
  usage_events: z.array(
    z.object({
      id: z.string(),
      /** Method and path. */
      endpoint: z.string(),
      status: z.int().nullable(),
      outcome: z.string(),
      code: z.string().nullable(),
      key_id: idCodec.nullable(),
      model: z.string().nullable(),
      r_type: z.string().nullable(),
      tokens: z.object({ input: z.int(), output: z.int(), estimated: z.boolean() }).nullable(),
      credits: z.int(),
      conversations: z.int(),
      processing_time_ms: z.number().nullable(),
      ip_address: z.string(),
      user_agent: z.string().nullable(),
      timestamp: time,
    }),
  ),
  security_events: z.array(
    z.object({
      id: idCodec,
      event_type: z.string(),
      severity: z.string(),
      ip_address: z.string(),
      user_agent: z.string().nullable(),
      details: z.record(z.string(), z.unknown()),
      timestamp: time,
    }),
  ),
});
type AccountExport = z.output<typeof AccountExport>;

const usageView = (one: UsageEvent): AccountExport["usage_events"][number] => ({
  id: one._id,
  endpoint: `${one.method} ${one.endpoint}`,
  status: one.status ?? null,
  outcome: one.outcome,
  code: one.code ?? null,
  key_id: one.key ?? null,
  model: one.model ?? null,
  r_type: one.rType ?? null,
  tokens: one.tokens ?? null,
  credits: one.credits.allowance + one.credits.balance,
  conversations: one.conversations,
  processing_time_ms: one.duration ?? null,
  ip_address: one.ip,
  user_agent: one.userAgent ?? null,
  timestamp: one.at.toISOString(),
});

interface ExportInput {
  account: SignedInAccount;
  now: Date;
  request: EventOrigin;
}

/** Everything that is kept of an account's owner. */
export async function exportAccount(
  { records }: { records: ExportStore },
  { account, now, request }: ExportInput,
): Promise<AccountExport> {
  const event = securityEvent("account_exported", { request, subject: account._id });
  const { ledger, events, usage, messages } = await records.read(account._id, event);
  return {
    success: true,
    exported_at: now.toISOString(),
    profile: profileOf(account, now),
    api_keys: account.keys.map((key) => ({
      id: key.id,
      name: key.name,
      masked: key.masked,
      scopes: key.scopes,
      created_at: key.createdAt.toISOString(),
      expires_at: key.expiresAt?.toISOString() ?? null,
    })),
    sessions: account.sessions.map((session) => ({
      id: session.id,
      created_at: session.createdAt.toISOString(),
      last_used_at: session.lastUsedAt.toISOString(),
      ip_address: session.ip,
      user_agent: session.userAgent ?? null,
    })),
    credit_movements: ledger.map(({ _id, kind, credits, reason, at }) => ({
      id: _id,
      kind,
      ...credits,
      reason,
      timestamp: at.toISOString(),
    })),
    messages: messages.map((one) => ({
      id: one._id,
      model: one.model,
      r_type: one.rType ?? null,
      research_enabled: one.research,
      messages: JSON.parse(one.messages),
      tokens_used: one.tokens,
      processing_time_ms: one.duration,
      ip_address: one.ip,
      timestamp: one.at.toISOString(),
    })),
    usage_events: usage.map(usageView),
    security_events: events.map(({ _id, type, severity, ip, userAgent, details, at }) => ({
      id: _id,
      event_type: type,
      severity,
      ip_address: ip,
      user_agent: userAgent ?? null,
      details,
      timestamp: at.toISOString(),
    })),
  };
}
