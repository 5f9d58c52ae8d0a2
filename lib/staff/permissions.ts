/** What an admin may be given; a super admin has all of them. */
export const adminPermissions = [
  "user_management",
  "system_config",
  "security_logs",
  "api_usage",
  "support_management",
] as const;
export type AdminPermission = (typeof adminPermissions)[number];

/** Levels of support staff, lowest first. */
export const supportLevels = ["new", "support", "advanced"] as const;
export type SupportLevel = (typeof supportLevels)[number];

const all: readonly SupportLevel[] = supportLevels;
const upper: readonly SupportLevel[] = ["support", "advanced"];
const top: readonly SupportLevel[] = ["advanced"];
const nobody: readonly SupportLevel[] = [];

/** Which levels have a permission. */
const levelsByPermission = {
  can_view_users: all,
  can_update_users: upper,
  can_update_credits: upper,
  can_update_plans: upper,
  can_reset_passwords: upper,
  can_update_emails: upper,
  can_view_messages: top,
  can_manage_api_keys: top,
  can_view_security_logs: top,
  can_view_passwords: nobody,
  can_delete_users: nobody,
} as const;
export type SupportPermission = keyof typeof levelsByPermission;
export const supportPermissions = Object.keys(levelsByPermission) as SupportPermission[];

/**
 * Who of support staff sees a field of a user, and who changes it, by the field's name in the API. A
 * field that is not here is seen and changed by nobody.
 */
const levelsByField = {
  id: { sees: all, changes: nobody },
  username: { sees: all, changes: nobody },
  time_created: { sees: all, changes: nobody },
  last_login: { sees: all, changes: nobody },
  last_activity: { sees: all, changes: nobody },
  email: { sees: all, changes: upper },
  subscription_plan: { sees: all, changes: upper },
  name: { sees: all, changes: top },
  user_type: { sees: all, changes: top },
  is_verified: { sees: all, changes: top },
  is_active: { sees: all, changes: top },
  limits: { sees: upper, changes: upper },
  credits: { sees: upper, changes: top },
  level: { sees: upper, changes: top },
  about_me: { sees: top, changes: top },
  hobbies: { sees: top, changes: top },
  access_rtype: { sees: top, changes: top },
  additional_notes: { sees: top, changes: top },
} as const;
export type UserField = keyof typeof levelsByField;

export const hasPermission = (level: SupportLevel, permission: SupportPermission): boolean =>
  levelsByPermission[permission].includes(level);

/** Every permission, and whether a level has it. */
export const permissionsOf = (level: SupportLevel): Record<SupportPermission, boolean> =>
  Object.fromEntries(
    supportPermissions.map((permission) => [permission, hasPermission(level, permission)]),
  ) as Record<SupportPermission, boolean>;

const fieldsWhere = (holds: (field: (typeof levelsByField)[UserField]) => boolean): UserField[] =>
  (Object.keys(levelsByField) as UserField[]).filter((name) => holds(levelsByField[name]));

/** Fields of users that a level sees. */
export const visibleFields = (level: SupportLevel): UserField[] =>
  fieldsWhere(({ sees }) => sees.includes(level));

/** Fields of users that a level changes. */
export const editableFields = (level: SupportLevel): UserField[] =>
  fieldsWhere(({ changes }) => changes.includes(level));
