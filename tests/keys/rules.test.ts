import { describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import type * as z from "zod";
import type { StoredKey } from "../../lib/accounts/document.ts";
import { Failure } from "../../lib/errors.ts";
import { parseRange } from "../../lib/keys/cidr.ts";
import { masked, newKey } from "../../lib/keys/new-key.ts";
import {
  ApiKeyInfo,
  KeyChanged,
  KeyChanges,
  KeyList,
  KeyShownOnce,
  NewKeyRequest,
  primaryKey,
  RotateRequest,
  requireFuture,
  requireVerified,
} from "../../lib/keys/rules.ts";
import { viewKey } from "../../lib/keys/view-key.ts";
import { parseToken } from "../../lib/security/token.ts";

const now = new Date("2026-05-04T12:00:00.000Z");
const after = new Date(now.getTime() + 1);
const facts = { accountId: new ObjectId(), now, name: "key", scopes: ["chat" as const] };
const range = parseRange("10.0.0.0/8");
if (!range) throw new Error("no range");

describe("a request for a key", () => {
  it("asks for a key that may do all, for ever, from anywhere", () => {
    expect(NewKeyRequest.parse({ name: "ci" })).toEqual({
      name: "ci",
      scopes: ["chat", "batch", "usage:read"],
      expires_at: null,
      allowed_addresses: null,
      credit_limit: null,
    });
  });

  it("is read into a time and ranges", () => {
    const asked = { expires_at: "2026-05-04T14:00:00+02:00", allowed_addresses: ["10.0.0.0/8"] };
    const read = { expires_at: now, allowed_addresses: [range] };
    expect(NewKeyRequest.parse({ name: "ci", ...asked })).toMatchObject(read);
    expect(KeyChanges.parse(asked)).toEqual(read);
  });

  it.each<[string, unknown]>([
    ["name", ""],
    ["name", "n".repeat(51)],
    ["scopes", []],
    ["scopes", ["chat", "chat"]],
    ["scopes", ["chat", "batch", "usage:read", "chat"]],
    ["scopes", ["admin"]],
    ["expires_at", "tomorrow"],
    ["expires_at", "2026-05-04T14:00:00"],
    ["allowed_addresses", []],
    ["allowed_addresses", ["somewhere"]],
    ["allowed_addresses", Array(21).fill("10.0.0.0/8")],
    ["credit_limit", -1],
    ["credit_limit", 1.5],
    ["credit_limit", 1_000_000_001],
  ])("is refused with %s %j, also as a change", (field, value) => {
    const good = { name: "ci", [field]: value };
    for (const schema of [NewKeyRequest, KeyChanges]) {
      const { success, error } = schema.safeParse(good);
      expect([success, error?.issues[0]?.path[0]]).toEqual([false, field]);
    }
  });

  it.each<[string, unknown]>([
    ["name", "n".repeat(50)],
    ["scopes", ["usage:read"]],
    ["allowed_addresses", Array(20).fill("::1")],
    ["credit_limit", 0],
    ["credit_limit", 1_000_000_000],
  ])("is good with %s %j", (field, value) => {
    expect(NewKeyRequest.safeParse({ name: "ci", [field]: value }).success).toBe(true);
    expect(KeyChanges.safeParse({ [field]: value }).success).toBe(true);
  });

  it("says what an address must be, and which scope stands twice", () => {
    const { error } = NewKeyRequest.safeParse({
      name: "ci",
      scopes: ["chat", "chat"],
      allowed_addresses: ["x"],
    });
    expect(error?.issues.map(({ message }) => message)).toEqual([
      "must not repeat a scope",
      "must be an IP address or a range in CIDR form",
    ]);
  });

  it("of a text longer than any address is not even read", () => {
    const allowed_addresses = [`1:2:3:4:5:6:7:8/128${" ".repeat(64)}`];
    const { error } = KeyChanges.safeParse({ allowed_addresses });
    expect(error?.issues[0]).toMatchObject({ code: "too_big", maximum: 64 });
  });
});

describe("a change of a key", () => {
  it("leaves what it does not name", () => expect(KeyChanges.parse({})).toEqual({}));

  it("takes limits away", () => {
    const none = { expires_at: null, allowed_addresses: null, credit_limit: null };
    expect(KeyChanges.parse(none)).toEqual(none);
  });
});

describe("a rotation", () => {
  it.each<[object, number | undefined]>([
    [{}, 0],
    [{ overlap_seconds: 604_800 }, 604_800],
    [{ overlap_seconds: 604_801 }, undefined],
    [{ overlap_seconds: -1 }, undefined],
  ])("asked for with %j overlaps %p seconds", (asked, seconds) => {
    expect(RotateRequest.safeParse(asked).data?.overlap_seconds).toBe(seconds);
  });
});

describe("a new key", () => {
  it("is stored as a hash and the little that tells it from others", () => {
    const { stored, text } = newKey(facts);
    expect(stored).toEqual({
      id: stored.id,
      name: "key",
      masked: masked(text),
      scopes: ["chat"],
      secrets: [{ hash: parseToken("key", text)?.hash }],
      createdAt: now,
    });
    expect(parseToken("key", text)).toMatchObject({
      accountId: facts.accountId.toHexString(),
      id: stored.id.toHexString(),
    });
    expect(masked(text)).toBe(`${text.slice(0, 7)}…${text.slice(-4)}`);
    expect(masked(text)).toHaveLength(12);
  });

  it("has the limits it is given, a cap of nothing too", () => {
    const { stored } = newKey({ ...facts, expiresAt: after, allow: [range], creditLimit: 0 });
    expect(stored).toMatchObject({
      expiresAt: after,
      allow: [range],
      cap: { limit: 0, used: 0 },
    });
  });
});

describe("an answer about keys", () => {
  const { stored, text } = newKey(facts);
  const key = { ...viewKey(stored, now), id: stored.id.toHexString() };
  const told = { success: true, message: "Done." };

  it.each<[string, z.ZodType, Record<string, unknown>]>([
    ["a list", KeyList, { success: true, keys: [key] }],
    ["a change", KeyChanged, { ...told, key }],
    ["a new key", KeyShownOnce, { ...told, key, api_key: text }],
    ["the former API's", ApiKeyInfo, { ...told, api_key: stored.masked }],
  ])("(%s) holds what it says, all of it, and nothing more", (_, schema, answer) => {
    const more = { ...answer, hash: "h", key: { ...key, secrets: [], hash: "h" } };
    const parsed = schema.parse(more);
    expect(JSON.parse(JSON.stringify(parsed))).toEqual(answer);
    for (const field of Object.keys(answer)) {
      expect(schema.safeParse({ ...answer, [field]: undefined }).success).toBe(false);
    }
    expect(schema.safeParse({ ...answer, success: false }).success).toBe(false);
  });
});

describe("a key as its owner sees it", () => {
  const { stored } = newKey(facts);
  const secret = (until?: Date) => ({ hash: "0".repeat(64), ...(until && { until }) });

  it("shows no hash, and null for each limit it has not", () => {
    expect(viewKey(stored, now)).toEqual({
      id: stored.id,
      name: "key",
      masked_key: stored.masked,
      scopes: ["chat"],
      created_at: now.toISOString(),
      expires_at: null,
      allowed_addresses: null,
      credit_limit: null,
      credits_used: 0,
      previous_valid_until: null,
    });
  });

  it("shows its limits", () => {
    const limited = {
      ...stored,
      expiresAt: after,
      allow: [range],
      cap: { limit: 5, used: 2 },
    };
    expect(viewKey(limited, now)).toMatchObject({
      expires_at: after.toISOString(),
      allowed_addresses: ["10.0.0.0/8"],
      credit_limit: 5,
      credits_used: 2,
    });
  });

  it.each<[string, StoredKey["secrets"], Date | undefined]>([
    ["of the last of several", [secret(), secret(after), secret(now)], after],
    ["of none that ends now", [secret(), secret(now)], undefined],
    ["of none that has no end", [secret(), secret()], undefined],
    ["of none but former ones", [secret(after)], undefined],
  ])("shows the end %s", (_, secrets, until) => {
    expect(viewKey({ ...stored, secrets }, now).previous_valid_until).toBe(
      until?.toISOString() ?? null,
    );
  });
});

describe("the primary key", () => {
  const ends = (expiresAt?: Date): StoredKey => ({
    ...newKey(facts).stored,
    ...(expiresAt && { expiresAt }),
  });

  it("is the first that has not expired", () => {
    const [ended, later, endless] = [ends(now), ends(after), ends()];
    expect(primaryKey([ended, later, endless], now)).toBe(later);
    expect(primaryKey([ended, endless], now)).toBe(endless);
    expect(primaryKey([ended], now)).toBeUndefined();
  });
});

describe("a key is refused", () => {
  it.each([now, new Date(0)])("that would end before it begins (%p)", (expiresAt) => {
    expect(() => requireFuture(expiresAt, now)).toThrow(
      expect.objectContaining({
        code: "VALIDATION_FAILED",
        errors: [{ path: "expires_at", message: "must be in the future" }],
      }),
    );
  });

  it.each([undefined, null, after])("for no end or a later one never (%p)", (expiresAt) => {
    expect(() => requireFuture(expiresAt, now)).not.toThrow();
  });

  it.each([
    [true, true, undefined],
    [true, false, "EMAIL_NOT_VERIFIED"],
    [false, false, undefined],
    [false, true, undefined],
  ])("if one must be verified (%p) and is (%p): %p", (required, verified, code) => {
    let thrown: unknown;
    try {
      requireVerified({ verified }, { verification: { required } });
    } catch (error) {
      thrown = error;
    }
    expect(thrown instanceof Failure ? thrown.code : thrown).toBe(code);
  });
});
