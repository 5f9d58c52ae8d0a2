import * as z from "zod";
import { objectId } from "../db/bson.ts";
import type { CollectionSpec } from "../db/collection-spec.ts";
import { StoredThrottle } from "../security/throttle/document.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const day = z.string().regex(/^\d{4}-\d\d-\d\d$/);
const count = z.int().min(0);

/** An address or a range of them: two 32-digit hex numbers, IPv4 inside ::ffff:0:0/96. */
const AddressRange = z.object({
  from: z.string().regex(/^[0-9a-f]{32}$/),
  to: z.string().regex(/^[0-9a-f]{32}$/),
});

/** What a key may be used for. */
export const scopes = ["chat", "batch", "usage:read"] as const;

export const StoredKey = z.object({
  id: objectId,
  name: z.string(),
  /** Beginning and end of the secret in use, enough to tell keys apart. */
  masked: z.string(),
  scopes: z.array(z.enum(scopes)),
  /** The one in use comes first and has no `until`; one that was rotated away lives until then. */
  secrets: z.array(z.object({ hash, until: z.date().optional() })).max(3),
  createdAt: z.date(),
  expiresAt: z.date().optional(),
  allow: z.array(AddressRange).optional(),
  cap: z.object({ limit: count, used: count }).optional(),
});
export type StoredKey = z.output<typeof StoredKey>;

export const StoredSession = z.object({
  id: objectId,
  hash,
  expiresAt: z.date(),
  refresh: z.object({
    hash,
    expiresAt: z.date(),
    /** The refresh token before this one; asked again before `until` it gets the same pair. */
    previous: z.object({ hash, until: z.date() }).optional(),
  }),
  createdAt: z.date(),
  lastUsedAt: z.date(),
  ip: z.string(),
  userAgent: z.string().optional(),
});
export type StoredSession = z.output<typeof StoredSession>;

/** A one-time code or link; its hash is an HMAC under a secret that is not in the database. */
const StoredCode = z.object({
  hash,
  expiresAt: z.date(),
  /** Wrong tries so far. */
  tries: count,
  /** The address it was sent to. */
  email: z.string(),
});

/** Mails of one purpose that were sent on `day`. */
const Sends = z.object({ day, count, lastAt: z.date() });

const StoredHold = z.object({
  /** The request's id. */
  id: z.string(),
  key: objectId,
  endpoint: z.string(),
  model: z.string().optional(),
  rType: z.string().optional(),
  ip: z.string(),
  day,
  credits: z.object({ allowance: count, balance: count }),
  conversations: count,
  idempotency: z.object({ key: hash, body: hash }).optional(),
  at: z.date(),
  expiresAt: z.date(),
});

/** A change of the balance that has no ledger entry yet. */
export const StoredPosting = z.object({
  id: z.string(),
  amount: z.int(),
  kind: z.string(),
  reason: z.string(),
  actor: z.string(),
  at: z.date(),
});

/** A figure by UTC day: what was used counts only while `day` is today. */
const Daily = z.object({ day, perDay: count });

/** Requests a minute, and how many may come at once: half of them, rounded up, unless told. */
const OwnRate = z.object({
  perMinute: z.int().min(1),
  burst: z.int().min(1).optional(),
});

/**
 * Everything a request is checked against, in one document, so that each check and change is one
 * atomic statement. The database refuses unknown fields; parsing drops them, so that a process can
 * read what a newer one has stored while both run.
 */
export const StoredAccount = z.object({
  _id: objectId,
  username: z.string(),
  /** The username without case, by which it is unique. */
  usernameKey: z.string(),
  /** Lower case. */
  email: z.string(),
  /** A new address that is not verified yet. */
  pendingEmail: z.string().optional(),
  name: z.string(),
  userType: z.enum(["Personal", "Business"]),
  aboutMe: z.string(),
  hobbies: z.string(),
  /** PHC string. */
  passwordHash: z.string(),
  /** Set by staff; must be changed before anything else. */
  passwordIsTemporary: z.boolean().optional(),
  /** Proofs of the password by who is signed in; absent while none is open or has failed. */
  proof: StoredThrottle.optional(),
  status: z.enum(["active", "suspended", "deleting"]),
  verified: z.boolean(),
  plan: z.string(),
  /** 1 low, 2 medium, 3 high, 4 ultra. */
  level: z.int().min(1).max(4),
  rTypes: z.array(z.string()),
  allowance: Daily.extend({ used: count }),
  /** `used` may be below 0: extra for today. */
  conversations: Daily.extend({ used: z.int() }),
  balance: count,
  /** GCRA: when the next request of a class would be on time. */
  rate: z.object({
    other: z.date().optional(),
    chat: z.date().optional(),
    batch: z.date().optional(),
  }),
  /** Limits of its own in place of its plan's. */
  override: z
    .strictObject({
      rate: z
        .strictObject({
          other: OwnRate.optional(),
          chat: OwnRate.optional(),
          batch: OwnRate.optional(),
        })
        .optional(),
      openAtOnce: z.int().min(1).optional(),
    })
    .optional(),
  keys: z.array(StoredKey),
  sessions: z.array(StoredSession),
  codes: z.object({
    verification: StoredCode.optional(),
    passwordReset: StoredCode.optional(),
  }),
  sends: z.object({
    verification: Sends.optional(),
    passwordReset: Sends.optional(),
    /** Of what has happened to the account. */
    notice: Sends.optional(),
  }),
  holds: z.array(StoredHold),
  postings: z.array(StoredPosting),
  /** Of the last posting that was made: whoever has seen it knows if another came after. */
  lastPosting: z.string().optional(),
  /** The last admitted request. */
  last: z.object({ id: z.string(), at: z.date() }).optional(),
  /** Why and since when the account is being deleted. */
  deletion: z.object({ at: z.date(), by: z.string(), reason: z.string() }).optional(),
  logMessages: z.boolean(),
  notes: z.string(),
  createdAt: z.date(),
  updatedAt: z.date(),
  lastLoginAt: z.date().optional(),
  lastActivityAt: z.date().optional(),
});
export type StoredAccount = z.output<typeof StoredAccount>;

export const accountsCollection = {
  name: "accounts",
  schema: StoredAccount,
  indexes: [
    { name: "username", key: { usernameKey: 1 }, unique: true },
    { name: "email", key: { email: 1 }, unique: true },
    { name: "status", key: { status: 1, _id: -1 } },
    { name: "plan", key: { plan: 1, _id: -1 } },
    { name: "user-type", key: { userType: 1, _id: -1 } },
    { name: "verified", key: { verified: 1, _id: -1 } },
    { name: "session-expiry", key: { "sessions.expiresAt": 1 }, sparse: true },
    { name: "hold-expiry", key: { "holds.expiresAt": 1 }, sparse: true },
    { name: "open-postings", key: { "postings.at": 1 }, sparse: true },
  ],
} satisfies CollectionSpec;
