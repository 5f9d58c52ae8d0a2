import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { defaultSettings } from "../../../lib/settings/rules.ts";
import { planEdit } from "../../../lib/staff/users/edit.ts";
import type { UserChanges } from "../../../lib/staff/users/rules.ts";
import { someAccount } from "../../support/accounts.ts";

const now = new Date("2026-06-01T12:00:00Z");
const account = someAccount({ balance: 7 });
const edit = (changes: UserChanges, settings = defaultSettings) =>
  planEdit(changes, account, { settings, now });

describe("an edit of a user", () => {
  it("is nothing where everything is as it was, or is to stay", () => {
    const same: UserChanges = {
      name: account.name,
      email: account.email.toUpperCase(),
      subscription_plan: "free",
      level: "low",
      access_rtype: ["bpe", "tot"],
      is_active: true,
      about_me: null,
      credits: { main: 12, reset: 5 },
      limits: { conversation_limit: 10, reset: 10 },
    };
    expect(edit(same)).toEqual({
      set: {},
      before: {},
      creditsLeft: undefined,
      conversationsLeft: undefined,
      details: { fields: [], before: {}, after: {} },
    });
  });

  it("of a day's figure says what is left of it also where that is as much as before", () => {
    const credits = { main: 12, reset: 9 };
    const limits = { conversation_limit: 10, reset: 20 };
    expect(edit({ credits, limits })).toMatchObject({ creditsLeft: 12, conversationsLeft: 10 });
    expect(edit({ subscription_plan: "pro", credits: { main: 12 } }).creditsLeft).toBe(12);
  });

  it("of the plan brings the plan's level, styles and figures, unless they are named", () => {
    expect(edit({ subscription_plan: "pro" }).set).toEqual({
      plan: "pro",
      level: 3,
      rTypes: defaultSettings.plans.pro?.rTypes,
      "allowance.perDay": 500,
      "conversations.perDay": 1_000,
    });
    const named = edit({ subscription_plan: "pro", level: "low", credits: { reset: 5 } });
    expect(Object.keys(named.set).sort()).toEqual(["conversations.perDay", "plan", "rTypes"]);
  });

  it("of the address leaves it unproven where addresses must be proven, unless the edit says it is", () => {
    const verification = { ...defaultSettings.verification, required: true };
    const strict = { ...defaultSettings, verification };
    expect(edit({ email: "New@Example.com" }, strict).set).toEqual({
      email: "new@example.com",
      verified: false,
    });
    expect(edit({ email: "new@example.com", is_verified: true }, strict).set).toEqual({
      email: "new@example.com",
    });
    expect(edit({ email: "new@example.com" }).set).toEqual({ email: "new@example.com" });
  });

  it("tells names of all changed fields, and values of those that are not personal", () => {
    const { details } = edit({
      name: "Another",
      email: "new@example.com",
      about_me: "me",
      hobbies: "none",
      additional_notes: "a note",
      user_type: "Business",
      level: "high",
      is_active: false,
      credits: { main: 50, reset: 9 },
      limits: { conversation_limit: 3 },
    });
    expect(details).toEqual({
      fields: [
        "name",
        "email",
        "about_me",
        "hobbies",
        "user_type",
        "level",
        "additional_notes",
        "is_active",
        "credits.reset",
        "credits.main",
        "limits.conversation_limit",
      ],
      before: {
        user_type: "Personal",
        level: "low",
        is_active: true,
        credits: { reset: 5, main: 12 },
        limits: { conversation_limit: 10 },
      },
      after: {
        user_type: "Business",
        level: "high",
        is_active: false,
        credits: { reset: 9, main: 50 },
        limits: { conversation_limit: 3 },
      },
    });
  });

  it("never puts in a field that staff may not change, and never one that stays", () => {
    const allowed = [
      ..."name email aboutMe hobbies userType plan level rTypes notes verified status".split(" "),
      "allowance.perDay",
      "conversations.perDay",
    ];
    const changes = fc.record(
      {
        name: fc.string(),
        email: fc.emailAddress(),
        subscription_plan: fc.constantFrom(...Object.keys(defaultSettings.plans)),
        level: fc.constantFrom("low", "medium", "high", "ultra"),
        is_active: fc.option(fc.boolean()),
        is_verified: fc.option(fc.boolean()),
        credits: fc.record({ main: fc.nat(), reset: fc.nat() }, { requiredKeys: [] }),
        passwordHash: fc.string(),
        balance: fc.nat(),
        keys: fc.constant([]),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(changes, (some) => {
        const { set, before } = edit(some as UserChanges);
        expect(Object.keys(set)).toEqual(Object.keys(before));
        for (const [name, value] of Object.entries(set)) {
          expect(allowed).toContain(name);
          expect(value).not.toEqual(before[name as keyof typeof before]);
        }
      }),
    );
  });
});
