import { describe, expect, it } from "@jest/globals";
import { LogoutQuery, Refreshed, RefreshRequest, SessionList } from "../../lib/sessions/rules.ts";

const at = "2026-05-04T12:00:00.000Z";
const session = {
  session_token: "s",
  refresh_token: "r",
  expires_at: at,
  refresh_expires_at: at,
};

describe("a refresh", () => {
  it.each<[string, boolean]>([
    ["", false],
    ["r", true],
    ["r".repeat(200), true],
    ["r".repeat(201), false],
  ])("with a token like %j is read: %p", (refresh_token, good) => {
    expect(RefreshRequest.safeParse({ refresh_token }).success).toBe(good);
  });

  it("is answered with both tokens and their ends, and nothing else", () => {
    const answer = { success: true, session } as const;
    expect(Refreshed.parse({ ...answer, hash: "h" })).toEqual(answer);
    for (const field of Object.keys(session)) {
      const without = { ...answer, session: { ...session, [field]: undefined } };
      expect(Refreshed.safeParse(without).success).toBe(false);
    }
    expect(Refreshed.safeParse({ ...answer, success: false }).success).toBe(false);
  });
});

it.each<[object, boolean]>([
  [{}, false],
  [{ all: "true" }, true],
  [{ all: "false" }, false],
])("a logout with %j ends all sessions: %p", (query, all) => {
  expect(LogoutQuery.parse(query)).toEqual({ all });
});

it("a list of sessions shows where they are, and no token of them", () => {
  const shown = {
    id: "65a0000000000000000000ff",
    current: true,
    created_at: at,
    last_used_at: at,
    expires_at: at,
    refresh_expires_at: at,
    ip_address: "203.0.113.7",
    user_agent: null,
  };
  const { sessions, success } = SessionList.parse({
    success: true,
    sessions: [{ ...shown, hash: "h" }],
  });
  expect(success).toBe(true);
  expect({ ...sessions[0], id: String(sessions[0]?.id) }).toEqual(shown);
  expect(SessionList.safeParse({ success: false, sessions: [] }).success).toBe(false);
});
