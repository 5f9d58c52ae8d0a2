import { expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import { parseToken } from "../../lib/security/token.ts";
import { holderCaller, newSession, sessionKinds } from "../../lib/sessions/new-session.ts";

const accountId = new ObjectId();
const now = new Date("2026-05-04T12:00:00.000Z");
const facts = {
  accountId,
  now,
  request: { ip: "203.0.113.7", userAgent: "browser" },
  lifetimes: { hours: 24, refreshDays: 30 },
};

it.each(["account", "staff"] as const)(
  "a session of %s has two tokens of their own kinds, of which only hashes are stored",
  (whose) => {
    const kinds = sessionKinds[whose];
    const made = newSession({ ...facts, kinds });
    const session = parseToken(kinds.session, made.tokens.session_token);
    const refresh = parseToken(kinds.refresh, made.tokens.refresh_token);
    const ids = { accountId: accountId.toHexString(), id: made.stored.id.toHexString() };
    expect(session).toMatchObject(ids);
    expect(refresh).toMatchObject(ids);
    expect(made.stored).toEqual({
      id: made.stored.id,
      hash: session?.hash,
      expiresAt: new Date("2026-05-05T12:00:00.000Z"),
      refresh: { hash: refresh?.hash, expiresAt: new Date("2026-06-03T12:00:00.000Z") },
      createdAt: now,
      lastUsedAt: now,
      ip: "203.0.113.7",
      userAgent: "browser",
    });
    expect(made.tokens).toMatchObject({
      expires_at: "2026-05-05T12:00:00.000Z",
      refresh_expires_at: "2026-06-03T12:00:00.000Z",
    });
  },
);

it("a session is an account's unless told, and names no browser that did not name itself", () => {
  const { stored, tokens } = newSession({
    ...facts,
    request: { ip: "203.0.113.7", userAgent: undefined },
  });
  expect(parseToken("session", tokens.session_token)).toBeDefined();
  expect(Object.hasOwn(stored, "userAgent")).toBe(false);
});

it.each(["account", "staff"] as const)("the holder of a session of %s calls as one", (whose) => {
  const holder = { _id: accountId, username: "ada" };
  expect(holderCaller(sessionKinds[whose], { holder, now })).toEqual({ [whose]: holder, now });
});
