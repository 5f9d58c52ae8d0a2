import { randomBytes } from "node:crypto";
import type { Privilege } from "../../lib/staff/privilege.ts";
import type { Sample } from "./samples.ts";
import type { Factor, Staffer } from "./staffer.ts";
import { userSamples } from "./user-samples.ts";
import { password } from "./world.ts";

export interface StaffSample {
  /** What the endpoint asks of who calls it; nothing of an endpoint for anybody, or for any token. */
  needs?: Privilege;
  /** The kind of staff that has such endpoints, where nothing says so. */
  kind?: "admin" | "support";
  /** What the caller has of a second factor; nothing unless told. */
  factor?: Factor;
  sample(who: Staffer): Sample;
}

const newcomer = () => {
  const username = `staff-${randomBytes(5).toString("hex")}`;
  return { username, name: "Some One", email: `${username}@example.com`, password };
};

const logIn: StaffSample["sample"] = ({ staff }) => ({
  status: 200,
  body: { username: staff.username, password },
});
const refresh: StaffSample["sample"] = ({ refreshToken }) => ({
  status: 200,
  body: { refresh_token: refreshToken },
});
const logOut: StaffSample["sample"] = () => ({
  status: 200,
  query: { all: "true" },
  caller: "any token",
});
const changePassword: StaffSample["sample"] = () => ({
  status: 200,
  body: { current_password: password, new_password: "another way to Tipperary" },
  caller: "session",
});
const offerTotp: StaffSample["sample"] = () => ({
  status: 200,
  body: { current_password: password },
  caller: "session",
});
const confirmTotp: StaffSample["sample"] = ({ code }) => ({
  status: 200,
  body: { totp_code: code },
  caller: "session",
});
const removeTotp: StaffSample["sample"] = ({ code }) => ({
  status: 200,
  body: { current_password: password, totp_code: code },
  caller: "session",
});
const look: StaffSample["sample"] = () => ({ status: 200, caller: "session" });

const onOther: StaffSample["sample"] = ({ other }) => ({
  status: 200,
  path: { id: other.id.toHexString() },
  caller: "session",
});

const any: Privilege = { any: true };
const managing: Privilege = { admin: "support_management" };

/** One good request for each endpoint of staff, and what it asks of who calls it. */
export const staffSamples: Record<string, StaffSample> = {
  "POST /v1/admin-panel/login": { kind: "admin", sample: logIn },
  "POST /v1/admin-panel/refresh": { kind: "admin", sample: refresh },
  "POST /v1/admin-panel/logout": { kind: "admin", sample: logOut },
  "GET /v1/admin-panel/profile": { needs: { admin: true }, sample: look },
  "PUT /v1/admin-panel/password": { needs: any, sample: changePassword },
  "POST /v1/admin-panel/totp": { needs: any, sample: offerTotp },
  "PUT /v1/admin-panel/totp": { needs: any, factor: "pending", sample: confirmTotp },
  "DELETE /v1/admin-panel/totp": { needs: any, factor: "active", sample: removeTotp },
  "POST /v1/admin-panel/create-admin": {
    needs: { admin: "super" },
    sample: () => ({
      status: 200,
      body: { ...newcomer(), is_super_admin: false, permissions: ["api_usage"] },
      caller: "session",
    }),
  },
  "GET /v1/admin-panel/staff": {
    needs: managing,
    sample: () => ({
      status: 200,
      query: { page: "1", page_size: "10", kind: "support" },
      caller: "session",
    }),
  },
  "GET /v1/admin-panel/staff/{id}": { needs: managing, sample: onOther },
  "PUT /v1/admin-panel/staff/{id}": {
    needs: managing,
    sample: ({ other }) => ({
      status: 200,
      path: { id: other.id.toHexString() },
      body: { is_active: false, staff_level: "new" },
      caller: "session",
    }),
  },
  "POST /v1/admin-panel/staff/{id}/disable": { needs: managing, sample: onOther },
  "POST /v1/admin-panel/staff/{id}/enable": { needs: managing, sample: onOther },
  "POST /v1/admin-panel/staff/{id}/reset-password": { needs: managing, sample: onOther },

  "GET /v1/monitoring/metrics": { needs: { admin: "api_usage" }, sample: look },
  "GET /v1/monitoring/queue-status": { needs: { admin: "api_usage" }, sample: look },
  "GET /v1/monitoring/errors": {
    needs: { admin: "api_usage" },
    sample: () => ({ status: 200, query: { hours: "1", limit: "5" }, caller: "session" }),
  },
  "POST /v1/monitoring/flush-logs": { needs: { admin: "api_usage" }, sample: look },

  "POST /v1/support/login": { kind: "support", sample: logIn },
  "POST /v1/support/refresh": { kind: "support", sample: refresh },
  "POST /v1/support/logout": { kind: "support", sample: logOut },
  "GET /v1/support/profile": { needs: { support: true }, sample: look },
  "GET /v1/support/permissions": { needs: { support: true }, sample: look },
  "PUT /v1/support/password": { needs: any, sample: changePassword },
  "POST /v1/support/totp": { needs: any, sample: offerTotp },
  "PUT /v1/support/totp": { needs: any, factor: "pending", sample: confirmTotp },
  "DELETE /v1/support/totp": { needs: any, factor: "active", sample: removeTotp },
  "POST /v1/support/create": {
    needs: managing,
    sample: () => ({
      status: 200,
      body: { ...newcomer(), staff_level: "support" },
      caller: "session",
    }),
  },

  ...userSamples,
};
