import * as z from "zod";
import { idCodec } from "../ids.ts";
import { addressDigits, parseRange } from "../keys/cidr.ts";
import { moment } from "../moment.ts";
import { text } from "../text.ts";
import { wholeNumberOr } from "../whole-number.ts";

/** What a rule does with the addresses of its range. */
export const actions = ["allow", "deny"] as const;

/** Whom a rule is about: everybody, the service's staff, or one account. */
export const scopes = ["service", "staff", "account"] as const;

/** Rules in all, expired ones included: every process holds them. */
export const mostRules = 1_000;

const rangeOf = (reads: (text: string) => boolean, error: string) =>
  z
    .string()
    .max(64)
    .transform((text, context) => {
      const range = reads(text) ? parseRange(text) : undefined;
      if (range) return range;
      context.addIssue({ code: "custom", message: error });
      return z.NEVER;
    });

const address = rangeOf(
  (text) => addressDigits(text) !== undefined,
  "must be an IPv4 or IPv6 address",
);
const cidr = rangeOf(
  (text) => text.includes("/"),
  "must be a range in CIDR form, such as 10.0.0.0/8",
);

const change = {
  action: z.enum(actions),
  /** One address; or `ip_range`. */
  ip_address: address.nullable().optional(),
  /** In CIDR form; or `ip_address`. */
  ip_range: cidr.nullable().optional(),
  description: text(500),
  /** It counts for nothing from then on; without one until it is removed. */
  expires_at: moment.nullable(),
  /** Whether it counts. */
  is_active: z.boolean(),
};

type Ranges = { ip_address?: unknown; ip_range?: unknown };

/** How many of the two fields for addresses hold one. */
const ranges = ({ ip_address, ip_range }: Ranges): number =>
  [ip_address, ip_range].filter((value) => value !== undefined && value !== null).length;

const scopeNeedsAccount = z.refine<{ scope: string; account_id?: unknown }>(
  ({ scope, account_id }) =>
    (scope === "account") === (account_id !== undefined && account_id !== null),
  { path: ["account_id"], error: "belongs to a rule of scope account, and to no other" },
);

/** POST /v1/admin-panel/ip-rules */
export const NewRuleRequest = z
  .object({
    ...change,
    scope: z.enum(scopes).default("service"),
    account_id: idCodec.nullable().optional(),
    description: change.description.default(""),
    expires_at: change.expires_at.default(null),
    is_active: change.is_active.default(true),
  })
  .check(
    z.refine((rule: Ranges) => ranges(rule) === 1, {
      path: ["ip_address"],
      error: "give one of ip_address and ip_range",
    }),
    scopeNeedsAccount,
  );
export type NewRuleRequest = z.output<typeof NewRuleRequest>;

/** PUT /v1/admin-panel/ip-rules/{id}: what is not named stays. A rule keeps its scope. */
export const RuleChanges = z
  .object(change)
  .partial()
  .check(
    z.refine((rule: Ranges) => ranges(rule) <= 1, {
      path: ["ip_address"],
      error: "give one of ip_address and ip_range",
    }),
  );
export type RuleChanges = z.output<typeof RuleChanges>;

/** A rule as staff see it. */
export const RuleView = z.object({
  id: idCodec,
  action: z.enum(actions),
  scope: z.enum(scopes),
  account_id: idCodec.nullable(),
  /** Null for a range. */
  ip_address: z.string().nullable(),
  /** Null for one address. */
  ip_range: z.string().nullable(),
  description: z.string(),
  expires_at: z.iso.datetime().nullable(),
  is_active: z.boolean(),
  /** Whether it counts now: active and not expired. */
  in_force: z.boolean(),
  created_by: idCodec,
  created_at: z.iso.datetime(),
});
export type RuleView = z.output<typeof RuleView>;

/** POST and PUT */
export const RuleAnswer = z.object({
  success: z.literal(true),
  message: z.string(),
  rule: RuleView,
});
export type RuleAnswer = z.output<typeof RuleAnswer>;

/** GET /v1/admin-panel/ip-rules */
export const RuleQuery = z.object({
  page: wholeNumberOr(1, 1, 1_000),
  page_size: wholeNumberOr(50, 1, 100),
  scope: z.enum(scopes).optional(),
  action: z.enum(actions).optional(),
  account_id: idCodec.optional(),
  is_active: z.stringbool().optional(),
});
export type RuleQuery = z.output<typeof RuleQuery>;

export const RuleList = z.object({
  rules: z.array(RuleView),
  total_count: z.int(),
  page: z.int(),
  page_size: z.int(),
});
export type RuleList = z.output<typeof RuleList>;
