import { randomBytes } from "node:crypto";
import type { Privilege } from "../../lib/staff/privilege.ts";
import type { Sample } from "./samples.ts";
import type { StaffSample } from "./staff-samples.ts";
import type { Staffer } from "./staffer.ts";

type More = Partial<Pick<Sample, "body" | "query" | "path">>;

/** A request about the user of whoever sends it. */
const ofUser = (needs: Privilege, more: (who: Staffer) => More = () => ({})): StaffSample => ({
  needs,
  sample: (who) => {
    const { path, ...rest } = more(who);
    const id = who.user.id.toHexString();
    return { status: 200, path: { id, ...path }, ...rest, caller: "session" };
  },
});

/** A request about no user. */
const ofAll = (needs: Privilege, query?: Record<string, string>): StaffSample => ({
  needs,
  sample: () => ({ status: 200, ...(query && { query }), caller: "session" }),
});

const manages: Privilege = { admin: "user_management" };
const reason = () => ({ body: { reason: "a reason" } });
const freshAddress = () => `someone-${randomBytes(5).toString("hex")}@example.com`;

/** One good request for each endpoint by which staff deals with users. */
export const userSamples: Record<string, StaffSample> = {
  "GET /v1/admin-panel/users": ofAll(manages, { search: "someone", page: "1", page_size: "5" }),
  "GET /v1/admin-panel/users/{id}": ofUser(manages),
  "PUT /v1/admin-panel/users/{id}": ofUser(manages, () => ({
    body: {
      name: "Another Name",
      email: freshAddress(),
      about_me: "me",
      hobbies: "none",
      user_type: "Business",
      subscription_plan: "pro",
      credits: { main: 1_000 },
      limits: { conversation_limit: 7 },
      access_rtype: ["bpe"],
      level: "medium",
      additional_notes: "a note",
      is_active: true,
      is_verified: true,
    },
  })),
  "DELETE /v1/admin-panel/users/{id}": ofUser({ admin: "super" }, () => ({
    query: { reason: "asked by letter" },
  })),
  "POST /v1/admin-panel/users/{id}/regenerate-api-key": ofUser(manages),
  "POST /v1/admin-panel/users/{id}/suspend": ofUser(manages, reason),
  "POST /v1/admin-panel/users/{id}/restore": ofUser(manages, reason),
  "POST /v1/admin-panel/users/{id}/unlock": ofUser(manages),
  "POST /v1/admin-panel/users/{id}/credits": ofUser(manages, () => ({
    body: { amount: 5, reason: "a reason" },
  })),
  "GET /v1/admin-panel/users/{id}/ledger": ofUser(manages),
  "GET /v1/admin-panel/users/{id}/audit": ofUser(manages),
  "GET /v1/admin-panel/users/{id}/sessions": ofUser(manages),
  "DELETE /v1/admin-panel/users/{id}/sessions": ofUser(manages),
  "DELETE /v1/admin-panel/users/{id}/sessions/{session}": ofUser(manages, ({ user }) => ({
    path: { session: user.otherSessionId },
  })),
  "GET /v1/admin-panel/statistics": ofAll(manages),
  "GET /v1/admin-panel/security-logs": ofAll({ admin: "security_logs" }, { severity: "warning" }),
  "GET /v1/admin-panel/message-logs/{id}": ofUser({ admin: "api_usage" }),
  "GET /v1/admin-panel/health": ofAll({ admin: true }),

  "GET /v1/support/users": ofAll(
    { support: "can_view_users" },
    { username_prefix: "someone", is_active: "true" },
  ),
  "GET /v1/support/users/{id}": ofUser({ support: "can_view_users" }),
  // What every level that may change anything may change.
  "PUT /v1/support/users/{id}": ofUser({ support: "can_update_users" }, () => ({
    body: { email: freshAddress(), subscription_plan: "basic" },
  })),
  "POST /v1/support/users/{id}/reset-password": ofUser({ support: "can_reset_passwords" }, () => ({
    body: {},
  })),
  "PUT /v1/support/users/{id}/credits": ofUser({ support: "can_update_credits" }, () => ({
    body: {
      credits: { main: 50, reset: 10 },
      limits: { conversation_limit: 50, reset: 10 },
    },
  })),
  "PUT /v1/support/users/{id}/plan": ofUser({ support: "can_update_plans" }, () => ({
    body: { subscription_plan: "basic" },
  })),
};
