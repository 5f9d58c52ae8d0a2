import * as z from "zod";
import { StoredSession } from "../accounts/document.ts";
import { objectId } from "../db/bson.ts";
import type { CollectionSpec } from "../db/collection-spec.ts";
import { StoredThrottle } from "../security/throttle/document.ts";
import { adminPermissions, supportLevels } from "./permissions.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);

const StoredRole = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("admin"),
    /** Has every permission, and alone manages admins. */
    isSuperAdmin: z.boolean(),
    permissions: z.array(z.enum(adminPermissions)),
  }),
  z.object({ kind: z.literal("support"), staffLevel: z.enum(supportLevels) }),
]);
export type StoredRole = z.output<typeof StoredRole>;
export type AdminRole = Extract<StoredRole, { kind: "admin" }>;
export type SupportRole = Extract<StoredRole, { kind: "support" }>;

/** A second factor. Its seed is encrypted under a key that is not in the database. */
const StoredTotp = z.object({
  seed: z.string(),
  /** The time step of the last code that was taken: no code of it or before is taken again. */
  lastStep: z.int().min(0),
  /** HMACs of the recovery codes that are left. */
  recovery: z.array(hash),
  since: z.date(),
});

/** Admins and support staff. The database refuses unknown fields; parsing drops them, as of accounts. */
export const StoredStaff = z.object({
  _id: objectId,
  username: z.string(),
  /** The username without case, by which it is unique. */
  usernameKey: z.string(),
  /** Lower case. */
  email: z.string(),
  name: z.string(),
  /** PHC string. */
  passwordHash: z.string(),
  /** Set by somebody else; must be changed before anything else. */
  passwordIsTemporary: z.boolean().optional(),
  /** Proofs of the password by who is signed in, as of accounts. */
  proof: StoredThrottle.optional(),
  role: StoredRole,
  status: z.enum(["active", "disabled"]),
  /** When it was last about to stop being an active super admin; for a minute it counts as none. */
  retiring: z.array(z.object({ by: z.string(), at: z.date() })).optional(),
  sessions: z.array(StoredSession),
  totp: StoredTotp.optional(),
  /** The seed of a second factor that has not proven yet that it works. */
  pendingTotp: z.object({ seed: z.string(), at: z.date() }).optional(),
  /** The admin with whom it began, of whom there is one at most. */
  isFirst: z.literal(true).optional(),
  /** Absent of the first one. */
  createdBy: objectId.optional(),
  createdAt: z.date(),
  updatedAt: z.date(),
  lastLoginAt: z.date().optional(),
  lastActivityAt: z.date().optional(),
});
export type StoredStaff = z.output<typeof StoredStaff>;

export const staffCollection = {
  name: "staff",
  schema: StoredStaff,
  indexes: [
    { name: "username", key: { usernameKey: 1 }, unique: true },
    { name: "email", key: { email: 1 }, unique: true },
    { name: "first", key: { isFirst: 1 }, unique: true, sparse: true },
    { name: "role", key: { "role.kind": 1, _id: -1 } },
    { name: "super-admins", key: { "role.isSuperAdmin": 1, status: 1 } },
  ],
} satisfies CollectionSpec;
