import * as z from "zod";
import { type StoredKey, scopes } from "../accounts/document.ts";
import { Failure } from "../errors.ts";
import { idCodec } from "../ids.ts";
import { moment } from "../moment.ts";
import { line } from "../text.ts";
import { parseRange } from "./cidr.ts";

/** Keys one account may have, so that its document stays small. */
export const mostKeys = 20;

/** Name of the key that comes with an account. */
export const firstKeyName = "First key";

const name = line(1, 50);

const scopeList = z
  .array(z.enum(scopes))
  .min(1)
  .max(scopes.length)
  .refine((list) => new Set(list).size === list.length, { error: "must not repeat a scope" });

const addressRange = z
  .string()
  .max(64)
  .transform((text, context) => {
    const range = parseRange(text);
    if (range) return range;
    context.addIssue({ code: "custom", message: "must be an IP address or a range in CIDR form" });
    return z.NEVER;
  });

const allowList = z.array(addressRange).min(1).max(20);

const creditLimit = z.int().min(0).max(1_000_000_000);

/** POST /v1/users/keys */
export const NewKeyRequest = z.object({
  name,
  scopes: scopeList.default([...scopes]),
  expires_at: moment
    .nullable()
    .default(null)
    .describe("It opens nothing from then on; without one it lives until revoked."),
  allowed_addresses: allowList
    .nullable()
    .default(null)
    .describe("IP addresses or ranges it may be used from; without a list from anywhere."),
  credit_limit: creditLimit
    .nullable()
    .default(null)
    .describe("Credits that may be spent with it in all; without one all that the account has."),
});
export type NewKeyRequest = z.output<typeof NewKeyRequest>;

/** PUT /v1/users/keys/{id}: what is not named stays; `null` takes a limit away. */
export const KeyChanges = z.object({
  name: name.optional(),
  scopes: scopeList.optional(),
  expires_at: moment.nullable().optional(),
  allowed_addresses: allowList.nullable().optional(),
  credit_limit: creditLimit.nullable().optional(),
});
export type KeyChanges = z.output<typeof KeyChanges>;

/** POST /v1/users/keys/{id}/rotate */
export const RotateRequest = z.object({
  overlap_seconds: z
    .int()
    .min(0)
    .max(604_800)
    .default(0)
    .describe("How long the secret before stays good; 0 ends it, and all before it, at once."),
});

/** A key as its owner sees it. */
export const KeyView = z.object({
  id: idCodec,
  name: z.string(),
  masked_key: z.string().describe("Beginning and end of its secret."),
  scopes: z.array(z.enum(scopes)),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime().nullable(),
  allowed_addresses: z.array(z.string()).nullable(),
  credit_limit: z.int().nullable(),
  credits_used: z.int(),
  previous_valid_until: z.iso
    .datetime()
    .nullable()
    .describe("Until when the secret before the last rotation is good."),
});
export type KeyView = z.output<typeof KeyView>;

/** GET /v1/users/keys */
export const KeyList = z.object({ success: z.literal(true), keys: z.array(KeyView) });

/** PUT /v1/users/keys/{id} */
export const KeyChanged = z.object({
  success: z.literal(true),
  message: z.string(),
  key: KeyView,
});

/** A key with its text, which is in no later answer. */
export const KeyShownOnce = KeyChanged.extend({ api_key: z.string() });
export type KeyShownOnce = z.output<typeof KeyShownOnce>;

/** GET /v1/users/api-key and POST /v1/users/api-key/regenerate, as in the former API. */
export const ApiKeyInfo = KeyChanged.pick({ success: true, message: true }).extend({
  api_key: z.string().describe("Masked, but in the answer that makes it."),
});

/** Whether a key has ended by itself. */
const isExpired = ({ expiresAt }: Pick<StoredKey, "expiresAt">, now: Date): boolean =>
  expiresAt !== undefined && expiresAt <= now;

/** The key that the former API's two addresses are about: the account's first that has not expired. */
export const primaryKey = (keys: readonly StoredKey[], now: Date): StoredKey | undefined =>
  keys.find((key) => !isExpired(key, now));

/** @throws Failure VALIDATION_FAILED if a key would be expired as soon as it is made */
export function requireFuture(expiresAt: Date | null | undefined, now: Date): void {
  if (!expiresAt || expiresAt > now) return;
  throw new Failure("VALIDATION_FAILED", {
    errors: [{ path: "expires_at", message: "must be in the future" }],
  });
}

/** @throws Failure EMAIL_NOT_VERIFIED if keys are only for verified accounts and this is none */
export function requireVerified(
  account: { verified: boolean },
  settings: { verification: { required: boolean } },
): void {
  if (settings.verification.required && !account.verified) throw new Failure("EMAIL_NOT_VERIFIED");
}
