import { describe, expect, it } from "@jest/globals";
import {
  editableFields,
  permissionsOf,
  type SupportLevel,
  supportPermissions,
  visibleFields,
} from "../../lib/staff/permissions.ts";

const granted = (level: SupportLevel): string[] =>
  supportPermissions.filter((permission) => permissionsOf(level)[permission]);

const seenByAll = [
  "id",
  "username",
  "time_created",
  "last_login",
  "last_activity",
  "email",
  "subscription_plan",
  "name",
  "user_type",
  "is_verified",
  "is_active",
];
const seenFromSupportOn = [...seenByAll, "limits", "credits", "level"];
const upper = [
  "can_view_users",
  "can_update_users",
  "can_update_credits",
  "can_update_plans",
  "can_reset_passwords",
  "can_update_emails",
];

// The matrix of the former API's documentation, by level instead of by field.
describe.each<[SupportLevel, string[], string[], string[]]>([
  ["new", ["can_view_users"], seenByAll, []],
  ["support", upper, seenFromSupportOn, ["email", "subscription_plan", "limits"]],
  [
    "advanced",
    [...upper, "can_view_messages", "can_manage_api_keys", "can_view_security_logs"],
    [...seenFromSupportOn, "about_me", "hobbies", "access_rtype", "additional_notes"],
    [
      "email",
      "subscription_plan",
      "name",
      "user_type",
      "is_verified",
      "is_active",
      "limits",
      "credits",
      "level",
      "about_me",
      "hobbies",
      "access_rtype",
      "additional_notes",
    ],
  ],
])("support staff of level %s", (level, permissions, visible, editable) => {
  it("has these permissions and no other", () => {
    expect(granted(level).sort()).toEqual([...permissions].sort());
  });

  it("sees these fields of a user and no other", () => {
    expect(visibleFields(level).sort()).toEqual([...visible].sort());
  });

  it("changes these fields of a user and no other", () => {
    expect(editableFields(level).sort()).toEqual([...editable].sort());
  });

  it("changes nothing that it does not see", () => {
    expect(visibleFields(level)).toEqual(expect.arrayContaining(editableFields(level)));
  });
});

describe("every level", () => {
  it("is told of every permission, also of those that nobody has", () => {
    expect(permissionsOf("advanced")).toMatchObject({
      can_view_passwords: false,
      can_delete_users: false,
    });
  });
});
