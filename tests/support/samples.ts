import { randomBytes } from "node:crypto";
import { password, type Somebody } from "./world.ts";

/** A request that succeeds, and with which status. */
export interface Sample {
  status: number;
  body?: Record<string, unknown>;
  path?: Record<string, string>;
  query?: Record<string, string>;
  /**
   * Who may ask: anybody, somebody with a session or an API key, anybody with any token, a super
   * admin, or somebody of the highest level of support.
   */
  caller?: "session" | "key" | "any token" | "admin" | "support";
}

const fresh = (): string => `someone-${randomBytes(5).toString("hex")}`;

/** A request of a super admin about somebody. */
function admin(body?: Record<string, unknown>) {
  return ({ id }: Somebody): Sample => ({
    status: 200,
    path: { id: id.toHexString() },
    caller: "admin",
    ...(body && { body: "email" in body ? { ...body, email: `${fresh()}@example.com` } : body }),
  });
}

/** A request of support about somebody. */
const support =
  (body?: Record<string, unknown>) =>
  (who: Somebody): Sample => ({
    ...admin(body)(who),
    caller: "support",
  });

/** One good request for each endpoint, for tests that hold for all of them. */
export const samples: Record<string, (who: Somebody) => Sample> = {
  "GET /": () => ({ status: 200 }),
  "GET /health": () => ({ status: 200 }),
  "GET /v1/monitoring/health": () => ({ status: 200 }),

  "GET /v1/models": () => ({ status: 200, caller: "key" }),
  "GET /v1/models/{id}": () => ({ status: 200, path: { id: "pe-low" }, caller: "key" }),

  "POST /v1/users/register": () => {
    const username = fresh();
    return {
      status: 201,
      body: {
        username,
        name: "Some One",
        email: `${username}@example.com`,
        password,
        user_type: "Business",
        about_me: "me",
        hobbies: "none",
      },
    };
  },
  "POST /v1/users/login": ({ account }) => ({
    status: 200,
    body: { email: account.email, password },
  }),
  "POST /v1/users/refresh": ({ refreshToken }) => ({
    status: 200,
    body: { refresh_token: refreshToken },
  }),
  "POST /v1/users/logout": () => ({ status: 200, query: { all: "true" }, caller: "any token" }),
  "GET /v1/users/profile": () => ({ status: 200, caller: "session" }),
  "PUT /v1/users/profile": () => ({
    status: 200,
    body: { name: "Another Name", about_me: "you", hobbies: "some", log_messages: true },
    caller: "session",
  }),
  "PUT /v1/users/password": () => ({
    status: 200,
    body: { current_password: password, new_password: "another way to Tipperary" },
    caller: "session",
  }),
  "PUT /v1/users/email": () => ({
    status: 200,
    body: { new_email: `${fresh()}@example.com`, current_password: password },
    caller: "session",
  }),
  "DELETE /v1/users/account": () => ({
    status: 200,
    body: { password, reason: "enough" },
    caller: "session",
  }),
  "GET /v1/users/account/export": () => ({ status: 200, caller: "session" }),
  "POST /v1/users/password-reset": ({ account }) => ({
    status: 200,
    body: { email: account.email },
  }),
  "POST /v1/users/password-reset/confirm": ({ resetToken }) => ({
    status: 200,
    body: { token: resetToken, new_password: "another way to Tipperary" },
  }),

  "GET /v1/users/sessions": () => ({ status: 200, caller: "session" }),
  "DELETE /v1/users/sessions/{id}": ({ otherSessionId }) => ({
    status: 200,
    path: { id: otherSessionId },
    caller: "session",
  }),

  "GET /v1/users/api-key": () => ({ status: 200, caller: "session" }),
  "POST /v1/users/api-key/regenerate": () => ({ status: 200, caller: "session" }),
  "GET /v1/users/keys": () => ({ status: 200, caller: "session" }),
  "POST /v1/users/keys": () => ({
    status: 201,
    body: {
      name: "ci",
      scopes: ["chat"],
      expires_at: "2099-01-01T00:00:00Z",
      allowed_addresses: ["10.0.0.0/8"],
      credit_limit: 10,
    },
    caller: "session",
  }),
  "PUT /v1/users/keys/{id}": ({ keyId }) => ({
    status: 200,
    body: {
      name: "ci",
      scopes: ["chat"],
      expires_at: "2099-01-01T00:00:00Z",
      allowed_addresses: ["10.0.0.0/8"],
      credit_limit: 10,
    },
    path: { id: keyId },
    caller: "session",
  }),
  "POST /v1/users/keys/{id}/rotate": ({ keyId }) => ({
    status: 200,
    body: { overlap_seconds: 60 },
    path: { id: keyId },
    caller: "session",
  }),
  "DELETE /v1/users/keys/{id}": ({ keyId }) => ({
    status: 200,
    path: { id: keyId },
    caller: "session",
  }),

  "POST /v1/email/send-verification": () => ({ status: 200, body: {}, caller: "session" }),
  "POST /v1/email/resend": () => ({ status: 200, body: {}, caller: "session" }),
  "POST /v1/email/verify": ({ code }) => ({
    status: 200,
    body: { otp_code: code },
    caller: "session",
  }),
  "GET /v1/email/status": () => ({ status: 200, caller: "session" }),

  "GET /v1/admin-panel/users": () => ({
    status: 200,
    query: { search: "someone", page: "1", page_size: "5" },
    caller: "admin",
  }),
  "GET /v1/admin-panel/users/{id}": admin(),
  "PUT /v1/admin-panel/users/{id}": admin({
    name: "Another Name",
    email: "another@example.com",
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
  }),
  "DELETE /v1/admin-panel/users/{id}": admin(),
  "POST /v1/admin-panel/users/{id}/regenerate-api-key": admin(),
  "POST /v1/admin-panel/users/{id}/suspend": admin({ reason: "a reason" }),
  "POST /v1/admin-panel/users/{id}/restore": admin({ reason: "a reason" }),
  "POST /v1/admin-panel/users/{id}/unlock": admin(),
  "POST /v1/admin-panel/users/{id}/credits": admin({ amount: 5, reason: "a reason" }),
  "GET /v1/admin-panel/users/{id}/ledger": admin(),
  "GET /v1/admin-panel/users/{id}/audit": admin(),
  "GET /v1/admin-panel/users/{id}/sessions": admin(),
  "DELETE /v1/admin-panel/users/{id}/sessions": admin(),
  "DELETE /v1/admin-panel/users/{id}/sessions/{session}": ({ id, otherSessionId }) => ({
    status: 200,
    path: { id: id.toHexString(), session: otherSessionId },
    caller: "admin",
  }),
  "GET /v1/admin-panel/statistics": () => ({ status: 200, caller: "admin" }),
  "GET /v1/admin-panel/security-logs": ({ id }) => ({
    status: 200,
    query: { user_id: id.toHexString(), severity: "warning" },
    caller: "admin",
  }),
  "GET /v1/admin-panel/message-logs/{id}": admin(),
  "GET /v1/admin-panel/health": () => ({ status: 200, caller: "admin" }),

  "GET /v1/support/users": () => ({
    status: 200,
    query: { username_prefix: "someone", is_active: "true" },
    caller: "support",
  }),
  "GET /v1/support/users/{id}": support(),
  "PUT /v1/support/users/{id}": support({ name: "Another Name", additional_notes: "a note" }),
  "POST /v1/support/users/{id}/reset-password": support({}),
  "PUT /v1/support/users/{id}/credits": support({
    credits: { main: 50, reset: 10 },
    limits: { conversation_limit: 50, reset: 10 },
  }),
  "PUT /v1/support/users/{id}/plan": support({ subscription_plan: "basic" }),
};
