import { describe, expect, it } from "@jest/globals";
import { makeToken } from "../../../../lib/security/token.ts";
import { signedIn } from "../../../support/accounts.ts";
import { commandsOf } from "../../../support/commands.ts";
import {
  accounts,
  database,
  db,
  endGrace,
  eventsOf,
  list,
  longAgo,
  refresh,
  sessionsOf,
  settings,
} from "./world.ts";

describe("POST /v1/users/refresh", () => {
  it("200: exchanges a refresh token for a new pair, and the old pair ends", async () => {
    const { account, tokens, session } = await signedIn(db);
    const { status, body } = await refresh(tokens.refresh_token);
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      session: {
        session_token: expect.stringMatching(/^pes_/),
        refresh_token: expect.stringMatching(/^per_/),
        expires_at: expect.stringMatching(/Z$/),
        refresh_expires_at: expect.stringMatching(/Z$/),
      },
    });
    const hours = (text: string) => (Date.parse(text) - Date.now()) / 3_600_000;
    expect(Math.round(hours(body.session.expires_at))).toBe(24);
    expect(Math.round(hours(body.session.refresh_expires_at))).toBe(30 * 24);
    expect((await list(tokens.session_token)).status).toBe(401);
    expect((await list(body.session.session_token)).status).toBe(200);
    const [stored, ...others] = await sessionsOf(account._id);
    expect(others).toEqual([]);
    expect(stored?.id).toEqual(session.id);
    expect(stored?.createdAt).toEqual(session.createdAt);
  });

  it("200: an expired session can be refreshed", async () => {
    const { account, tokens } = await signedIn(db);
    await accounts.updateOne({ _id: account._id }, { $set: { "sessions.0.expiresAt": longAgo } });
    expect((await refresh(tokens.refresh_token)).status).toBe(200);
  });

  it("200: parallel tabs and retries within 10 s get the same pair and stay one session", async () => {
    const { account, tokens } = await signedIn(db);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => refresh(tokens.refresh_token)),
    );
    const pairs = new Set(answers.map(({ body }) => JSON.stringify(body.session)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(pairs.size).toBe(1);
    expect(await sessionsOf(account._id)).toHaveLength(1);
    expect(await eventsOf(account._id)).toEqual([]);
  });

  it("401: the same token later ends the session for whoever holds it, and is recorded", async () => {
    const { account, session, tokens } = await signedIn(db);
    const next = (await refresh(tokens.refresh_token)).body.session;
    await endGrace(account._id);
    const answer = await refresh(tokens.refresh_token);
    expect(answer).toMatchObject({ status: 401, body: { code: "SESSION_INVALID" } });
    expect((await refresh(next.refresh_token)).status).toBe(401);
    expect((await list(next.session_token)).status).toBe(401);
    expect(await eventsOf(account._id)).toMatchObject([
      {
        type: "refresh_token_reused",
        severity: "critical",
        actor: { kind: "service" },
        ip: "203.0.113.7",
        details: { session_id: session.id.toHexString() },
      },
    ]);
  });

  it("401: a token many refreshes old ends the session too, at once", async () => {
    const { account, tokens } = await signedIn(db);
    let last = tokens.refresh_token;
    for (let time = 0; time < 5; time += 1) last = (await refresh(last)).body.session.refresh_token;
    expect((await refresh(tokens.refresh_token)).status).toBe(401);
    expect(await sessionsOf(account._id)).toEqual([]);
    expect((await refresh(last)).status).toBe(401);
  });

  it("401: a token that was never the session's ends nothing", async () => {
    const { account, session, tokens } = await signedIn(db);
    const ids = { accountId: account._id.toHexString(), id: session.id.toHexString() };
    expect((await refresh(makeToken("refresh", ids).text)).status).toBe(401);
    expect(await sessionsOf(account._id)).toHaveLength(1);
    expect(await eventsOf(account._id)).toEqual([]);
    expect((await refresh(tokens.refresh_token)).status).toBe(200);
  });

  it("401: an expired refresh token gets nothing", async () => {
    const { account, tokens } = await signedIn(db);
    await accounts.updateOne(
      { _id: account._id },
      { $set: { "sessions.0.refresh.expiresAt": longAgo } },
    );
    const before = await sessionsOf(account._id);
    expect((await refresh(tokens.refresh_token)).status).toBe(401);
    expect(await sessionsOf(account._id)).toEqual(before);
  });

  it.each([
    ["200: gets what is left of the 90 days after its login", 89.5, 200],
    ["401: gets nothing after them", 90.1, 401],
  ])("%s, however often it was refreshed", async (_, days, status) => {
    const { account, tokens } = await signedIn(db);
    const createdAt = new Date(Date.now() - days * 86_400_000);
    await accounts.updateOne({ _id: account._id }, { $set: { "sessions.0.createdAt": createdAt } });
    const answer = await refresh(tokens.refresh_token);
    expect(answer.status).toBe(status);
    if (status !== 200) return;
    const end = new Date(createdAt.getTime() + 90 * 86_400_000).toISOString();
    expect(answer.body.session).toMatchObject({ expires_at: end, refresh_expires_at: end });
  });

  it.each(["suspended", "deleting"] as const)(
    "401: an account that is %s gets nothing",
    async (status) => {
      const { tokens } = await signedIn(db, { status });
      expect((await refresh(tokens.refresh_token)).status).toBe(401);
    },
  );

  it.each<[string, unknown, number]>([
    ["a mistyped token", "per_nonsense", 401],
    ["nothing", undefined, 422],
    ["null", null, 422],
    ["an operator", { $gt: "" }, 422],
    ["a text of 1,000 characters", "p".repeat(1_000), 422],
  ])("refuses %s", async (_, token, status) => {
    expect((await refresh(token)).status).toBe(status);
  });

  it("401: refuses the session token in its place", async () => {
    const { tokens } = await signedIn(db);
    expect((await refresh(tokens.session_token)).status).toBe(401);
  });

  it("takes one round trip, and one for its usage event", async () => {
    const { tokens } = await signedIn(db);
    await settings.current();
    const commands = await commandsOf(database, () => refresh(tokens.refresh_token));
    expect(commands).toEqual(["findAndModify", "bulkWrite"]);
  });
});
