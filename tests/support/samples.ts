import { randomBytes } from "node:crypto";
import { password, type Somebody } from "./world.ts";

/** A request that succeeds, and with which status. */
export interface Sample {
  status: number;
  body?: Record<string, unknown>;
  path?: Record<string, string>;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  /** Who may ask: anybody, somebody with a session or an API key, or anybody with any token. */
  caller?: "session" | "key" | "any token";
  /** Of one for a session, that a key with a scope may ask too; those of world.ts have not this one. */
  orScopedKey?: true;
}

const fresh = (): string => `someone-${randomBytes(5).toString("hex")}`;

/** One good request for each endpoint, for tests that hold for all of them. */
export const samples: Record<string, (who: Somebody) => Sample> = {
  "GET /": () => ({ status: 200 }),
  "GET /health": () => ({ status: 200 }),
  "GET /openapi.json": () => ({ status: 200 }),
  "GET /docs": () => ({ status: 200 }),
  "GET /docs/{file}": () => ({ status: 200, path: { file: "start.js" } }),
  "GET /v1/monitoring/health": () => ({ status: 200 }),

  "GET /v1/monitoring/usage": () => ({
    status: 200,
    query: { bucket: "hour" },
    caller: "session",
    orScopedKey: true,
  }),

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
};
