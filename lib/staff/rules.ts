import * as z from "zod";
import { PasswordChange, Registration } from "../accounts/rules.ts";
import { idCodec } from "../ids.ts";
import { SessionTokens } from "../sessions/rules.ts";
import { wholeNumberOr } from "../whole-number.ts";
import {
  adminPermissions,
  type SupportPermission,
  supportLevels,
  supportPermissions,
} from "./permissions.ts";

const { current_password: password } = PasswordChange.shape;

/** A code of an authenticator, or one of the recovery codes in its place. */
const secondFactor = {
  totp_code: z.string().max(20).optional(),
  recovery_code: z.string().max(50).optional(),
};

/** POST /v1/admin-panel/login, POST /v1/support/login; a second factor if there is one. */
export const StaffLogin = z.object({
  username: z.string().min(1).max(254),
  password,
  ...secondFactor,
});
export type StaffLogin = z.output<typeof StaffLogin>;

const permissions = z
  .array(z.enum(adminPermissions))
  .max(100)
  .transform((names) => [...new Set(names)]);
const staffLevel = z.enum(supportLevels);

const { username, name, email, password: newPassword } = Registration.shape;
const newcomer = { username, name, email, password: newPassword };

/** What is the same of every new member of staff. */
export const Newcomer = z.object(newcomer);
export type Newcomer = z.output<typeof Newcomer>;

/** POST /v1/admin-panel/create-admin */
export const NewAdmin = z.object({
  ...newcomer,
  is_super_admin: z.boolean().default(false),
  permissions: permissions.default([]),
});

/** POST /v1/support/create */
export const NewSupport = z.object({ ...newcomer, staff_level: staffLevel.default("new") });

/** Answer to the making of a member of staff. */
export const Created = z.object({
  success: z.literal(true),
  message: z.string(),
  data: z.object({ id: idCodec }),
});

/** What somebody must do before anything else, if anything. */
const requiredAction = z.enum(["change_password", "set_up_totp"]).nullable();

const who = { id: idCodec, username: z.string(), name: z.string(), email: z.string() };
const lastLogin = z.iso.datetime().nullable();

export const AdminLoggedIn = z.object({
  success: z.literal(true),
  message: z.string(),
  admin: z.object({
    ...who,
    is_super_admin: z.boolean(),
    permissions: z.array(z.string()),
    last_login: lastLogin,
  }),
  required_action: requiredAction,
  session: SessionTokens,
});

const about = {
  ...who,
  is_active: z.boolean(),
  time_created: z.iso.datetime(),
  /** Null of the first admin. */
  created_by: idCodec.nullable(),
  last_login: lastLogin,
  totp_enabled: z.boolean(),
  recovery_codes_left: z.int(),
};

/** GET /v1/support/profile */
export const SupportInfo = z.object({ ...about, staff_level: staffLevel });
export type SupportInfo = z.output<typeof SupportInfo>;

/** GET /v1/admin-panel/profile */
export const AdminInfo = z.object({
  ...about,
  is_super_admin: z.boolean(),
  permissions: z.array(z.string()),
});
export type AdminInfo = z.output<typeof AdminInfo>;

export const SupportLoggedIn = z.object({
  success: z.literal(true),
  message: z.string(),
  staff: SupportInfo,
  required_action: requiredAction,
  session: SessionTokens,
});

/** GET /v1/support/permissions */
export const Permissions = z.object({
  staff_level: staffLevel,
  permissions: z.object(
    Object.fromEntries(supportPermissions.map((name) => [name, z.boolean()])) as Record<
      SupportPermission,
      z.ZodBoolean
    >,
  ),
  /** Fields of users that are shown, and those that `PUT /v1/support/users/{id}` changes. */
  visible_fields: z.array(z.string()),
  editable_fields: z.array(z.string()),
});

/** A member of staff, as those see it who manage them. */
export const StaffInfo = z.discriminatedUnion("kind", [
  AdminInfo.extend({ kind: z.literal("admin") }),
  SupportInfo.extend({ kind: z.literal("support") }),
]);
export type StaffInfo = z.output<typeof StaffInfo>;

/** GET /v1/admin-panel/staff */
export const StaffQuery = z.object({
  page: wholeNumberOr(1, 1, 1_000_000),
  page_size: wholeNumberOr(50, 1, 100),
  kind: z.enum(["admin", "support"]).optional(),
});

export const StaffList = z.object({
  staff: z.array(StaffInfo),
  total_count: z.int(),
  page: z.int(),
  page_size: z.int(),
});

/** PUT /v1/admin-panel/staff/{id}; what is missing stays. */
export const StaffChanges = z.object({
  is_active: z.boolean().optional(),
  is_super_admin: z.boolean().optional(),
  permissions: permissions.optional(),
  staff_level: staffLevel.optional(),
});
export type StaffChanges = z.output<typeof StaffChanges>;

/** POST /v1/admin-panel/staff/{id}/reset-password */
export const StaffReset = z.object({
  success: z.literal(true),
  message: z.string(),
  /** Shown this once; it opens nothing but the change to another. */
  data: z.object({ temporary_password: z.string() }),
});

/** POST /v1/admin-panel/totp, POST /v1/support/totp */
export const TotpRequest = z.object({ current_password: password });

/** DELETE of the same. */
export const TotpRemoval = z.object({ current_password: password, ...secondFactor });

/** PUT of the same. */
export const TotpConfirmation = z.object({ totp_code: z.string().max(20) });

export const TotpOffered = z.object({
  success: z.literal(true),
  message: z.string(),
  /** In base 32; shown this once, as is the address for the authenticator, which holds it. */
  secret: z.string(),
  otpauth_url: z.string(),
});

export const TotpConfirmed = z.object({
  success: z.literal(true),
  message: z.string(),
  /** Shown this once; each is good for one login without the authenticator. */
  recovery_codes: z.array(z.string()),
});
