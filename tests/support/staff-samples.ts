import { randomBytes, randomInt } from "node:crypto";
import { type Db, ObjectId } from "mongodb";
import { ipRulesCollection, type StoredRule } from "../../lib/addresses/document.ts";
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
  sample(who: Staffer, db: Db): Sample | Promise<Sample>;
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
const config: Privilege = { admin: "system_config" };

/** From any version. */
const ifMatch = { "If-Match": "*" };

/** A rule that shuts nobody out who is in a test. */
const idOfRule = async ({ id: createdBy }: Staffer, db: Db): Promise<string> => {
  const id = new ObjectId();
  const digits = "20010db8".padEnd(32, "0");
  const rule: StoredRule = {
    id,
    action: "deny",
    scope: "service",
    range: { from: digits, to: digits },
    description: "",
    active: true,
    createdBy,
    createdAt: new Date(),
  };
  await db
    .collection<{ _id: string; rules: StoredRule[] }>(ipRulesCollection.name)
    .updateOne(
      { _id: "service" },
      { $push: { rules: rule }, $inc: { version: 1 }, $set: { updatedAt: new Date() } },
      { upsert: true },
    );
  return id.toHexString();
};

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

  "GET /v1/admin-panel/ip-rules": {
    needs: config,
    sample: () => ({
      status: 200,
      query: { page: "1", page_size: "10", scope: "service", action: "deny", is_active: "true" },
      caller: "session",
    }),
  },
  "POST /v1/admin-panel/ip-rules": {
    needs: config,
    sample: ({ user }) => ({
      status: 201,
      body: {
        action: "deny",
        scope: "account",
        account_id: user.id.toHexString(),
        ip_range: "192.0.2.0/24",
        description: "once",
        expires_at: "2099-01-01T00:00:00Z",
        is_active: true,
      },
      caller: "session",
    }),
  },
  "PUT /v1/admin-panel/ip-rules/{id}": {
    needs: config,
    sample: async (who, db) => ({
      status: 200,
      path: { id: await idOfRule(who, db) },
      body: {
        action: "deny",
        ip_range: "192.0.2.0/24",
        description: "still",
        expires_at: "2099-01-01T00:00:00Z",
        is_active: false,
      },
      caller: "session",
    }),
  },
  "DELETE /v1/admin-panel/ip-rules/{id}": {
    needs: config,
    sample: async (who, db) => ({
      status: 200,
      path: { id: await idOfRule(who, db) },
      caller: "session",
    }),
  },

  "GET /v1/admin/health": { needs: config, sample: look },
  "GET /v1/admin/stats": { needs: config, sample: look },
  "DELETE /v1/admin/cache": { needs: config, sample: look },
  "GET /v1/admin/settings": { needs: config, sample: look },
  "PUT /v1/admin/settings": {
    needs: config,
    sample: () => ({
      status: 200,
      headers: ifMatch,
      body: { sessions: { hours: randomInt(1, 700), refresh_days: 30, most: 10 } },
      caller: "session",
    }),
  },
  "GET /v1/admin/system-prompts": { needs: config, sample: look },
  "PUT /v1/admin/system-prompts": {
    needs: config,
    sample: () => ({
      status: 200,
      headers: ifMatch,
      body: { r_type: "bpe", prompt: `Answer first. ${randomInt(1_000)}` },
      caller: "session",
    }),
  },

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
