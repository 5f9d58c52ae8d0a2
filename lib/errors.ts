/** What a caller should do after a failure: ask again as it is, ask again later, or mend the request first. */
type Retry = "never" | "later";

export interface FailureRow {
  status: number;
  /** Said to the caller; holds nothing about the inside of the service. */
  message: string;
  retry: Retry;
  /** For the pages of errors: when it happens and what to do. */
  help: string;
  /** Its name in errors of OpenAI's shape, where its SDKs know it by another. */
  openAiCode?: string;
}

/** Every failure the API can answer with. docs/errors.md is generated from it (`npm run docs:errors`). */
export const failures = {
  MALFORMED_JSON: {
    status: 400,
    message: "The body is not valid JSON.",
    retry: "never",
    help: "`errors[0]` names the line and column of the first mistake, or says that a key stands twice in one object.",
  },
  VERIFICATION_OFF: {
    status: 400,
    message: "Email verification is switched off.",
    retry: "never",
    help: "Accounts work without a verified address here.",
  },
  CODE_WRONG: {
    status: 400,
    message: "This code is wrong.",
    retry: "never",
    help: "Of a code that was sent by mail, each wrong one costs a try; after the last (the fifth, unless the service is set otherwise) the code is worthless and a new one must be sent. Of an authenticator, see whether its clock is right.",
  },
  CODE_EXPIRED: {
    status: 400,
    message: "There is no code to check: it has expired, was used or had too many wrong tries.",
    retry: "never",
    help: "Ask for a new one: `POST /v1/email/resend` with the body `{}`.",
  },
  UPSTREAM_REJECTED: {
    status: 400,
    message: "The model does not accept this request.",
    retry: "never",
    help: "`message` holds the reason that the model gives. Nothing was charged.",
  },
  RESET_TOKEN_INVALID: {
    status: 400,
    message: "This link is unknown, has expired, was used or was replaced by a newer one.",
    retry: "never",
    help: "Ask for a new one: `POST /v1/users/password-reset`. A link is good for 30 minutes and for one use.",
  },
  AUTHENTICATION_REQUIRED: {
    status: 401,
    message: "This address needs a token in the header Authorization.",
    retry: "never",
    help: "Send `Authorization: Bearer <token>`: the `session_token` of a login, or an API key where one is accepted.",
  },
  SESSION_INVALID: {
    status: 401,
    message: "This session is unknown, has expired or was ended.",
    retry: "never",
    help: "Exchange the `refresh_token` at `POST /v1/users/refresh`, or sign in again.",
  },
  INVALID_CREDENTIALS: {
    status: 401,
    message: "These credentials open nothing.",
    retry: "never",
    help: "The name is unknown, the password wrong or the account not active: the answer does not tell which. Five failures lock a name for an hour.",
  },
  TOTP_REQUIRED: {
    status: 401,
    message: "The code of your second factor is missing.",
    retry: "never",
    help: "Send the same request with `totp_code`, the six digits of the authenticator, or with one of the `recovery_code`s. A wrong one counts as a wrong password does.",
  },
  WRONG_PASSWORD: {
    status: 401,
    message: "This is not the account's current password.",
    retry: "never",
    help: "The session stays. Five wrong passwords lock such changes for an hour.",
  },
  INVALID_API_KEY: {
    status: 401,
    message: "This API key is unknown, has expired or was revoked.",
    retry: "never",
    help: "Send `Authorization: Bearer pe_…`. A key is shown once, when it is made: `POST /v1/users/keys` makes another. In OpenAI's shape its code is `invalid_api_key`.",
    openAiCode: "invalid_api_key",
  },
  PERMISSION_REQUIRED: {
    status: 403,
    message: "You may not do this.",
    retry: "never",
    help: "`required_permission` names what is missing: a permission, or the kind of staff that may. What the request names was not looked for. A super admin gives permissions: `PUT /v1/admin-panel/staff/{id}`.",
  },
  SECOND_FACTOR_REQUIRED: {
    status: 403,
    message: "Set up a second factor first.",
    retry: "never",
    help: "Staff must have one here: `POST /v1/admin-panel/totp` or `POST /v1/support/totp` begins it.",
  },
  FIELDS_NOT_ALLOWED: {
    status: 403,
    message: "Your level may not change these fields.",
    retry: "never",
    help: "`errors[]` names them; nothing was changed. `editable_fields` of `GET /v1/support/permissions` says what a level may change.",
  },
  ACCOUNT_SUSPENDED: {
    status: 403,
    message: "This account is suspended.",
    retry: "never",
    help: "The service's staff has suspended it and can say why.",
  },
  SCOPE_NOT_ALLOWED: {
    status: 403,
    message: "This API key may not be used for that.",
    retry: "never",
    help: "`required_scope` names what the key lacks. `PUT /v1/users/keys/{id}` changes its scopes.",
  },
  ADDRESS_NOT_ALLOWED: {
    status: 403,
    message: "Requests from this address are not allowed.",
    retry: "never",
    help: "The API key has a list of addresses (`allowed_addresses` at `GET /v1/users/keys`), or the service's staff has set rules that shut the address out, for everybody or for the account.",
  },
  PLAN_UNKNOWN: {
    status: 403,
    message: "This account's plan does not exist any more.",
    retry: "never",
    help: "Only the service's staff can mend it, by another plan.",
  },
  LEVEL_NOT_ALLOWED: {
    status: 403,
    message: "This account may not use models of this level.",
    retry: "never",
    help: "`allowed_level` is the highest it may use.",
  },
  RTYPE_NOT_ALLOWED: {
    status: 403,
    message: "This account may not use this prompt style.",
    retry: "never",
    help: "`allowed_r_types` names those it may use.",
  },
  REGISTRATION_CLOSED: {
    status: 403,
    message: "New accounts can't be registered here now.",
    retry: "never",
    help: "The service's staff has switched registration off.",
  },
  EMAIL_NOT_VERIFIED: {
    status: 403,
    message: "Verify your email address first.",
    retry: "never",
    help: "`POST /v1/email/send-verification` with the body `{}` sends a code, `POST /v1/email/verify` takes it.",
  },
  PASSWORD_CHANGE_REQUIRED: {
    status: 403,
    message: "Choose a password of your own first.",
    retry: "never",
    help: "The password was set by somebody else, for one use. `PUT /v1/users/password` (of staff `PUT /v1/admin-panel/password` or `/v1/support/password`) takes another; until then a session can do nothing else, but for signing out. API keys go on working.",
  },
  API_KEY_MISSING: {
    status: 404,
    message: "This account has no API key.",
    retry: "never",
    help: "`POST /v1/users/api-key/regenerate` or `POST /v1/users/keys` makes one.",
  },
  KEY_LIMIT_REACHED: {
    status: 409,
    message: "This account has as many API keys as it may have.",
    retry: "never",
    help: "The most is 20, expired ones included. Revoke one at `DELETE /v1/users/keys/{id}`.",
  },
  NOT_FOUND: {
    status: 404,
    message: "There is nothing at this address.",
    retry: "never",
    help: "See `/docs` for the addresses there are. An id is 24 hexadecimal digits.",
  },
  MODEL_NOT_FOUND: {
    status: 404,
    openAiCode: "model_not_found",
    message: "There is no such model.",
    retry: "never",
    help: "`GET /v1/models` lists the names. Its code in the answer is `model_not_found`, as in OpenAI's API.",
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    message: "This address exists, but not with this method.",
    retry: "never",
    help: "The `Allow` header lists the methods. Behind API Gateway the same mistake is answered 404.",
  },
  ADMIN_EXISTS: {
    status: 409,
    message: "There is an admin already.",
    retry: "never",
    help: "Only the first admin is made by the command alone. Further ones are made by a super admin: `POST /v1/admin-panel/create-admin`, or the command with the session token of one in `ADMIN_SESSION_TOKEN`.",
  },
  CHANGED_MEANWHILE: {
    status: 409,
    message: "Somebody else changed this at the same time.",
    retry: "later",
    help: "Nothing was changed by this request. Look at what is there now, and ask again.",
  },
  LAST_SUPER_ADMIN: {
    status: 409,
    message: "This is the last active super admin.",
    retry: "never",
    help: "Make or enable another one first: without any, nobody could manage admins.",
  },
  NOT_YOURSELF: {
    status: 409,
    message: "You can't do this to yourself.",
    retry: "never",
    help: "Another super admin can. Your own password is changed at `PUT /v1/admin-panel/password`, your second factor at `/v1/admin-panel/totp`.",
  },
  TOTP_ACTIVE: {
    status: 409,
    message: "You have a second factor already.",
    retry: "never",
    help: "Remove it first: `DELETE` of the same address.",
  },
  TOTP_INACTIVE: {
    status: 409,
    message: "There is no second factor to confirm or remove.",
    retry: "never",
    help: "`POST` of the same address begins one; it must be confirmed within 15 minutes.",
  },
  ALREADY_TAKEN: {
    status: 409,
    message: "Another account has this already.",
    retry: "never",
    help: "`errors[]` names the field: a username, in any case, and an email address belong to one account.",
  },
  ALREADY_VERIFIED: {
    status: 409,
    message: "This address is verified already.",
    retry: "never",
    help: "Nothing is left to do. A new address is verified after `PUT /v1/users/email`.",
  },
  USER_SUSPENDED: {
    status: 409,
    message: "This user is suspended.",
    retry: "never",
    help: "No link is sent to whoever could not use it: restore the user first.",
  },
  IDEMPOTENCY_IN_PROGRESS: {
    status: 409,
    message: "A request with this Idempotency-Key is still running.",
    retry: "later",
    help: "Ask again when it has ended. After a crash of the service that is at most the function's timeout and two minutes later.",
  },
  IDEMPOTENCY_ANSWER_TOO_LARGE: {
    status: 409,
    message:
      "A request with this Idempotency-Key was answered, and its answer was too large to be kept.",
    retry: "never",
    help: "Answers above 1 MiB are not kept. The request was charged once; send another key to ask anew.",
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    message: "This Idempotency-Key was sent with another body.",
    retry: "never",
    help: "A key stands for one request: send a new one with a new body. Keys are forgotten after 24 hours.",
  },
  PLAN_IN_USE: {
    status: 409,
    message: "Accounts have this plan.",
    retry: "never",
    help: "`errors[]` names the plan that can't be removed. Give its accounts another one first.",
  },
  LOCKS_AUTHOR_OUT: {
    status: 409,
    message: "This would shut out the address that you ask from.",
    retry: "never",
    help: "Judged is what all address rules for the service and for staff come to together after the change; `shut_out_from` says from when on, which is later than now if an allow rule that covers your address ends before the others. Add a rule that allows your address first.",
  },
  RULE_LIMIT_REACHED: {
    status: 409,
    message: "There are as many address rules as there may be.",
    retry: "never",
    help: "The most is 1,000, expired ones included. Remove some, or put their addresses into one range.",
  },
  PRECONDITION_FAILED: {
    status: 412,
    message: "This was changed since you read it.",
    retry: "never",
    help: "`If-Match` names another version than there is now. Read it again, and change what you read.",
  },
  BODY_TOO_LARGE: {
    status: 413,
    message: "The body is larger than 1 MiB (1,048,576 bytes).",
    retry: "never",
    help: "Send less in one request.",
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    message: "The body must be JSON: send it with Content-Type: application/json.",
    retry: "never",
    help: "With curl: `-H 'Content-Type: application/json'`.",
  },
  VALIDATION_FAILED: {
    status: 422,
    message: "The request does not have the expected form.",
    retry: "never",
    help: "`errors[]` names each field by its path and says what is wrong. Unknown fields are refused, not ignored. A body without fields is sent as `{}`, not left out.",
  },
  CREDITS_OUT_OF_RANGE: {
    status: 422,
    message: "The balance would fall below zero, or rise above what can be counted.",
    retry: "never",
    help: "`credits` has what is left in all (`main`), what of it is the day's allowance, and the balance. A revocation takes from the balance only; `credits.main` can't be less than what today's allowance has left, unless `credits.reset` lowers that in the same edit.",
  },
  SEARCH_TOO_BROAD: {
    status: 422,
    message: "The search took too long.",
    retry: "never",
    help: "A text inside of names is looked for in one account after another. Filter by more, or ask by `username_prefix` or `email_prefix`, which an index answers.",
  },
  PRECONDITION_REQUIRED: {
    status: 428,
    message: "Say which version you change.",
    retry: "never",
    help: "Send `If-Match` with the `ETag` of the answer to `GET`, so that no change of somebody else is lost.",
  },
  EMAIL_REJECTED: {
    status: 422,
    message: "The mail service refuses to send to this address.",
    retry: "never",
    help: "Give the account another address: `PUT /v1/users/email`.",
  },
  EMAIL_LIMIT_REACHED: {
    status: 429,
    message: "A mail was sent only just now, or today's are used up.",
    retry: "later",
    help: "Look for the mail that was sent, spam included. `Retry-After` says when another may be asked for.",
  },
  RATE_LIMIT_EXCEEDED: {
    status: 429,
    message: "There were too many requests in a short time.",
    retry: "later",
    help: "`Retry-After` says when the next is welcome; `RateLimit-Policy` states the requests a minute, of which half may come at once unless the plan or the account says otherwise.",
  },
  CONVERSATION_LIMIT_EXCEEDED: {
    status: 429,
    message: "Today's conversations are used up, or fewer are left than this request needs.",
    retry: "later",
    help: "`limits` has what is left, `required` what the request needs. They are renewed at midnight UTC.",
  },
  CREDITS_EXHAUSTED: {
    status: 429,
    message: "The credits do not cover this request.",
    retry: "later",
    help: "`credits` has what is left, `required` what the request needs. The daily allowance is renewed at midnight UTC.",
  },
  KEY_CAP_EXCEEDED: {
    status: 429,
    message: "This API key has spent what it may spend.",
    retry: "never",
    help: "`key` has what is left of its limit. `PUT /v1/users/keys/{id}` changes the limit.",
  },
  CONCURRENCY_LIMIT_EXCEEDED: {
    status: 429,
    message: "Too many requests of this account are open at the same time.",
    retry: "later",
    help: "`open` has how many are, and how many may be. Ask again when one has ended.",
  },
  LOGIN_LOCKED: {
    status: 423,
    message: "There were too many wrong passwords for this name. It is locked for a while.",
    retry: "later",
    help: "`Retry-After` says for how long; a new password by email (`POST /v1/users/password-reset`) ends it. Sessions that are open stay open. Names that nobody has are locked the same way.",
  },
  ADDRESS_BLOCKED: {
    status: 429,
    message: "There were too many failed logins from this address. It is blocked for a while.",
    retry: "later",
    help: "`Retry-After` says for how long.",
  },
  TOO_MANY_ATTEMPTS: {
    status: 429,
    message: "There are too many attempts at once.",
    retry: "later",
    help: "Others of this name or address are being checked right now. Nothing was locked: ask again after a second.",
  },
  REGISTRATIONS_EXCEEDED: {
    status: 429,
    message: "There were too many registrations from this address.",
    retry: "later",
    help: "One address may register 10 accounts a day and be refused 20 times an hour, unless the service is set otherwise. `Retry-After` says when it may again.",
  },
  CLIENT_CLOSED: {
    status: 499,
    message: "The client went away before its answer.",
    retry: "never",
    help: "Stands in usage events only: there is nobody to answer. Nothing was charged, unless a stream had begun.",
  },
  INTERNAL_ERROR: {
    status: 500,
    message: "Something went wrong on our side. The request id leads us to it.",
    retry: "later",
    help: "Nothing was charged. Ask again; if it stays, report the `request_id`.",
  },
  UPSTREAM_FAILED: {
    status: 502,
    message: "The model could not be asked, or broke off its answer.",
    retry: "later",
    help: "Every provider was tried. Nothing was charged; ask again.",
  },
  UPSTREAM_BUSY: {
    status: 503,
    message: "The model has too much to do right now.",
    retry: "later",
    help: "Not your limit, but that of the providers. Nothing was charged; ask again after `Retry-After`.",
  },
  UPSTREAM_UNAVAILABLE: {
    status: 503,
    message: "No model is set up.",
    retry: "later",
    help: "Whoever runs the service must set `UPSTREAM_URL`, or providers in the settings.",
  },
  UPSTREAM_TIMEOUT: {
    status: 504,
    message: "The model took too long.",
    retry: "later",
    help: "Nothing was charged. Ask for less, or with `stream: true`, where a long answer arrives in pieces.",
  },
  EMAIL_UNAVAILABLE: {
    status: 503,
    message: "No mail service is set up.",
    retry: "later",
    help: "Whoever runs the service must set `MAIL_FROM`; until then nothing can be verified or reset by mail.",
  },
  DATABASE_UNAVAILABLE: {
    status: 503,
    message: "The database cannot be reached right now.",
    retry: "later",
    help: "Ask again after the seconds in `Retry-After`. Nothing is allowed or charged while it is away.",
  },
} as const satisfies Record<string, FailureRow>;

export type FailureCode = keyof typeof failures;

/** One mistake in a request: where (a path such as `messages[0].content`, empty for the whole) and what. */
export interface FieldError {
  path: string;
  message: string;
}

interface FailureDetails {
  errors?: FieldError[];
  /** Seconds to wait; sent as `Retry-After`. */
  retryAfter?: number;
  /** Further members of the answer, public. */
  extra?: Record<string, unknown>;
  /** Further headers of the answer. */
  headers?: Record<string, string>;
  /** The reason, for the log only. */
  cause?: unknown;
}

/** A failure with its row of the table; thrown anywhere, turned into an answer once. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly status: number;
  readonly errors: readonly FieldError[];
  readonly retryAfter: number | undefined;
  readonly extra: Record<string, unknown>;
  readonly headers: Record<string, string>;

  constructor(code: FailureCode, details: FailureDetails = {}) {
    const row = failures[code];
    super(row.message, "cause" in details ? { cause: details.cause } : undefined);
    this.name = "Failure";
    this.code = code;
    this.status = row.status;
    this.errors = details.errors ?? [];
    this.retryAfter = details.retryAfter;
    this.extra = details.extra ?? {};
    this.headers = details.headers ?? {};
  }
}
