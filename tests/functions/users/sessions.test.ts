import { describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import { accountsCollection, type StoredAccount } from "../../../lib/accounts/document.ts";
import { collections } from "../../../lib/collections.ts";
import { migrate } from "../../../lib/db/migrate.ts";
import { makeToken } from "../../../lib/security/token.ts";
import { signedIn } from "../../support/accounts.ts";
import { apiEvent, lambdaContext } from "../../support/api-event.ts";
import { commandsOf, monitored } from "../../support/commands.ts";
import { testDatabase } from "../../support/database.ts";
import { loadFunction } from "../../support/functions.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, collections);
const accounts = db.collection<StoredAccount>(accountsCollection.name);
const events = db.collection("securityEvents");

const env = { MONGODB_URI: monitored(uri), MONGODB_DATABASE: name };
const refreshHandler = await loadFunction("users/sessions/refresh", env);
const logoutHandler = await loadFunction("users/sessions/logout", env);
const listHandler = await loadFunction("users/sessions/list", env);
const revokeHandler = await loadFunction("users/sessions/revoke", env);
const { database, settings } = await import("../../../lib/runtime.ts");

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const answerOf = ({ statusCode, body }: { statusCode: number; body: string }) => ({
  status: statusCode,
  body: JSON.parse(body),
});

const refresh = async (refreshToken: unknown) =>
  answerOf(
    await refreshHandler(
      apiEvent({
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ refresh_token: refreshToken }),
      }),
      lambdaContext(),
    ),
  );
const list = async (token: string) =>
  answerOf(await listHandler(apiEvent({ headers: bearer(token) }), lambdaContext()));
const logout = async (headers: Record<string, string>, query: Record<string, string> = {}) =>
  answerOf(await logoutHandler(apiEvent({ method: "POST", headers, query }), lambdaContext()));
const revoke = async (token: string, id: string) =>
  answerOf(
    await revokeHandler(
      apiEvent({ method: "DELETE", headers: bearer(token), pathParameters: { id } }),
      lambdaContext(),
    ),
  );

const sessionsOf = async (id: ObjectId) => (await accounts.findOne({ _id: id }))?.sessions ?? [];
const eventsOf = (subject: ObjectId) => events.find({ subject }).toArray();
const longAgo = new Date(Date.now() - 60_000);

/** As if the last refresh had been a minute ago. */
const endGrace = (id: ObjectId) =>
  accounts.updateOne({ _id: id }, { $set: { "sessions.0.refresh.previous.until": longAgo } });

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

  it("takes one round trip", async () => {
    const { tokens } = await signedIn(db);
    await settings.current();
    const commands = await commandsOf(database, () => refresh(tokens.refresh_token));
    expect(commands).toEqual(["findAndModify"]);
  });
});

describe("POST /v1/users/logout", () => {
  it("200: ends the session and its refresh token, and no other", async () => {
    const { account, session, tokens } = await signedIn(db);
    const other = { ...session, id: new ObjectId() };
    await accounts.updateOne({ _id: account._id }, { $push: { sessions: other } });
    const answer = await logout(bearer(tokens.session_token));
    expect(answer).toMatchObject({ status: 200, body: { success: true, data: null } });
    expect((await list(tokens.session_token)).status).toBe(401);
    expect((await refresh(tokens.refresh_token)).status).toBe(401);
    expect(await sessionsOf(account._id)).toEqual([other]);
  });

  it("200: ends a session that has expired, so that it can't be refreshed", async () => {
    const { account, tokens } = await signedIn(db);
    await accounts.updateOne({ _id: account._id }, { $set: { "sessions.0.expiresAt": longAgo } });
    await logout(bearer(tokens.session_token));
    expect(await sessionsOf(account._id)).toEqual([]);
  });

  it("200: with ?all=true ends all sessions, and records it", async () => {
    const { account, session, tokens } = await signedIn(db);
    const other = { ...session, id: new ObjectId() };
    await accounts.updateOne({ _id: account._id }, { $push: { sessions: other } });
    expect((await logout(bearer(tokens.session_token), { all: "true" })).status).toBe(200);
    expect(await sessionsOf(account._id)).toEqual([]);
    expect(await eventsOf(account._id)).toMatchObject([
      { type: "sessions_revoked", actor: { kind: "account", id: account._id } },
    ]);
  });

  it("200: a token that was made up ends nothing, with ?all=true or without", async () => {
    const { account, session } = await signedIn(db);
    const ids = { accountId: account._id.toHexString(), id: session.id.toHexString() };
    const forged = makeToken("session", ids).text;
    expect((await logout(bearer(forged))).status).toBe(200);
    expect((await logout(bearer(forged), { all: "true" })).status).toBe(200);
    expect((await logout(bearer("anything"))).status).toBe(200);
    expect(await sessionsOf(account._id)).toHaveLength(1);
    expect(await eventsOf(account._id)).toEqual([]);
  });

  it("401: without a token", async () => {
    expect(await logout({})).toMatchObject({
      status: 401,
      body: { code: "AUTHENTICATION_REQUIRED" },
    });
  });

  it("422: another query", async () => {
    const { tokens } = await signedIn(db);
    expect((await logout(bearer(tokens.session_token), { all: "perhaps" })).status).toBe(422);
    expect((await logout(bearer(tokens.session_token), { al: "true" })).status).toBe(422);
  });
});

describe("GET /v1/users/sessions", () => {
  it("200: lists live sessions, the latest used first, without their hashes, in one round trip", async () => {
    const { account, session, tokens } = await signedIn(db);
    const { userAgent: _, ...earlier } = { ...session, id: new ObjectId(), lastUsedAt: longAgo };
    const ended = {
      ...session,
      id: new ObjectId(),
      refresh: { ...session.refresh, expiresAt: longAgo },
    };
    await accounts.updateOne(
      { _id: account._id },
      { $push: { sessions: { $each: [earlier, ended], $position: 0 } } },
    );
    let answer: Awaited<ReturnType<typeof list>> | undefined;
    const commands = await commandsOf(database, async () => {
      answer = await list(tokens.session_token);
    });
    expect(commands).toEqual(["findAndModify"]);
    const entry = (id: ObjectId, current: boolean, userAgent: string | null) => ({
      id: id.toHexString(),
      current,
      created_at: session.createdAt.toISOString(),
      last_used_at: expect.any(String),
      expires_at: session.expiresAt.toISOString(),
      refresh_expires_at: session.refresh.expiresAt.toISOString(),
      ip_address: "203.0.113.7",
      user_agent: userAgent,
    });
    expect(answer).toEqual({
      status: 200,
      body: {
        success: true,
        sessions: [entry(session.id, true, "test-agent/1.0"), entry(earlier.id, false, null)],
      },
    });
  });

  it("401: without a session", async () => {
    expect((await list("pes_none")).status).toBe(401);
  });
});

describe("DELETE /v1/users/sessions/{id}", () => {
  it("200: ends that session, records it, and takes two round trips", async () => {
    const { account, session, tokens } = await signedIn(db);
    const other = { ...session, id: new ObjectId(), hash: "0".repeat(64) };
    await accounts.updateOne({ _id: account._id }, { $push: { sessions: other } });
    const id = other.id.toHexString();
    const commands = await commandsOf(database, async () => {
      expect((await revoke(tokens.session_token, id)).status).toBe(200);
    });
    expect(commands).toEqual(["findAndModify", "bulkWrite"]);
    expect((await sessionsOf(account._id)).map((one) => one.id)).toEqual([session.id]);
    expect(await eventsOf(account._id)).toMatchObject([
      { type: "session_revoked", details: { session_id: id } },
    ]);
  });

  it("404: a session of another account, an unknown one, and what is no id", async () => {
    const mine = await signedIn(db);
    const theirs = await signedIn(db);
    const unknown = new ObjectId().toHexString();
    for (const id of [theirs.session.id.toHexString(), unknown, "7", "$where"]) {
      expect((await revoke(mine.tokens.session_token, id)).status).toBe(404);
    }
    expect(await sessionsOf(theirs.account._id)).toHaveLength(1);
  });

  it("401: without a session", async () => {
    expect((await revoke("pes_none", new ObjectId().toHexString())).status).toBe(401);
  });
});
