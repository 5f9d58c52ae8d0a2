import type { Scheme } from "../../lib/http/declaration.ts";

/** A heading for each folder of functions/, in the order of the document. */
export const tags: Readonly<Record<string, { name: string; description: string }>> = {
  chat: {
    name: "Chat",
    description:
      "OpenAI's chat completions for API keys, metered: each request costs credits and a conversation, and one that fails costs nothing.",
  },
  batch: { name: "Batch", description: "Many prompts in one metered request." },
  models: { name: "Models", description: "The names that models are called by." },
  users: { name: "Account", description: "Signing up, signing in, and the account itself." },
  "users/keys": { name: "API keys", description: "An account's keys. A key is shown once." },
  "users/sessions": { name: "Sessions", description: "Where an account is signed in." },
  "users/password-reset": {
    name: "Password reset",
    description: "A new password for who has lost the old one, by mail.",
  },
  email: { name: "Email", description: "Proof that an address is one's own, by a mailed code." },
  "admin-panel": { name: "Admins", description: "Signing in as an admin, and making others." },
  "admin-panel/staff": { name: "Staff", description: "Admins' view of admins and support staff." },
  "admin-panel/users": {
    name: "Users",
    description: "What admins do to users: edits, credits, suspension, keys.",
  },
  "admin-panel/users/sessions": {
    name: "Sessions of users",
    description: "Where a user is signed in.",
  },
  "admin-panel/reports": {
    name: "Reports",
    description: "Figures of the whole service, its security log, and what users wrote.",
  },
  support: {
    name: "Support staff",
    description: "Signing in as support staff, and what it may do.",
  },
  "support/users": {
    name: "Users, for support",
    description: "Users as far as a level of support staff sees and changes them.",
  },
  staff: { name: "Staff's own account", description: "Sessions and password of any staff." },
  "staff/totp": { name: "Second factor", description: "One-time codes for staff's logins." },
  admin: {
    name: "Settings",
    description:
      "Plans, prices, switches and system prompts, for admins with `system_config`. A change names the version it was made from (`If-Match`) and holds everywhere within 10 seconds.",
  },
  "admin-panel/ip-rules": {
    name: "Address rules",
    description:
      "Addresses let in or kept out: of the whole service, of staff's part, or of one account.",
  },
  monitoring: { name: "Monitoring", description: "How the service and one's own usage stand." },
  root: { name: "Service", description: "What the service is, and that it runs." },
  docs: { name: "Reference", description: "This reference." },
};

export const securitySchemes: Readonly<
  Record<Scheme, { type: "http"; scheme: "bearer"; description: string }>
> = {
  apiKey: {
    type: "http",
    scheme: "bearer",
    description: "An API key, `pe_…`: from `POST /v1/users/register` or `POST /v1/users/keys`.",
  },
  session: {
    type: "http",
    scheme: "bearer",
    description: "The `session_token` of `POST /v1/users/login`, `pes_…`; good for 24 hours.",
  },
  staffSession: {
    type: "http",
    scheme: "bearer",
    description: "The `session_token` of a login of admins or support staff; good for 12 hours.",
  },
  anyToken: {
    type: "http",
    scheme: "bearer",
    description: "Any token: one that is unknown is answered like one that was good.",
  },
};

/** Headers that endpoints read, for the document. */
export const requestHeaders = {
  "Idempotency-Key": {
    description:
      "Made up by the caller, for one request: sent again within 24 hours it gets the same answer, and nothing is done or charged twice.",
    schema: { type: "string", minLength: 1, maxLength: 255, pattern: "^[\\x20-\\x7e]+$" },
    example: "1f0c7a52-order-17",
  },
  "If-Match": {
    required: true,
    description: "The `ETag` of what was read and is to be changed; `*` for whatever is there.",
    schema: { type: "string" },
    example: '"7"',
  },
} as const;

const text = { type: "string" } as const;

/** Headers of answers. */
export const responseHeaders = {
  "X-Request-Id": { description: "By which our logs know the request.", schema: text },
  ETag: { description: "The version, for `If-Match` of a change.", schema: text },
  "Retry-After": {
    description: "Seconds until it is worth asking again.",
    schema: { type: "integer", minimum: 0 },
  },
  "WWW-Authenticate": { description: "`Bearer`.", schema: text },
  RateLimit: {
    description: "Requests left right now (`r`), and seconds until all are back (`t`).",
    schema: text,
  },
  "RateLimit-Policy": { description: "Requests (`q`) in `w` seconds.", schema: text },
  "X-Credits-Remaining": {
    description: "Credits left, today's allowance included.",
    schema: { type: "integer" },
  },
  "Server-Timing": { description: "Milliseconds of gate, upstream and settle.", schema: text },
  "Idempotency-Replayed": {
    description: "`true` if this is the kept answer to an earlier request.",
    schema: text,
  },
} as const;

/** What the document says of the service as a whole. */
export const introduction = `User management, API keys, credits and usage metering for an LLM gateway.

**Tokens.** \`Authorization: Bearer <token>\`: a session for one's own account, an API key for models. Times are UTC (ISO 8601), ids 24 hexadecimal digits, credits integers. Bodies are JSON of at most 1 MiB; a field that is not known is refused by name.

**Failures.** Problem details (RFC 9457) with a \`code\`, which [/docs/errors](docs/errors) explains one by one, the \`request_id\`, and \`errors[]\` for the fields that are wrong. Under \`/v1/chat\`, \`/v1/prompt\`, \`/v1/batch\` and \`/v1/models\` the same code stands in OpenAI's shape, and 422 for a body's form is 400 there. An unknown address is 404.

**Limits.** Each key's answers say what is left (\`RateLimit\`, \`X-Credits-Remaining\`), and a refusal for now when to ask again (\`Retry-After\`).`;
