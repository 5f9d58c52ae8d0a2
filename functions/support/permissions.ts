import { endpoint, staff } from "../../lib/runtime.ts";
import { editableFields, permissionsOf, visibleFields } from "../../lib/staff/permissions.ts";
import { Permissions } from "../../lib/staff/rules.ts";

/** GET /v1/support/permissions */
export const handler = endpoint({
  guard: staff({ support: true }),
  reply: Permissions,
  run: ({ role: { staffLevel } }) => ({
    staff_level: staffLevel,
    permissions: permissionsOf(staffLevel),
    visible_fields: visibleFields(staffLevel),
    editable_fields: editableFields(staffLevel),
  }),
});
