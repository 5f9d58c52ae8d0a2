import { describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import { makeToken } from "../../../../lib/security/token.ts";
import { signedIn } from "../../../support/accounts.ts";
import { accounts, db, eventsOf, list, logout, longAgo, refresh, sessionsOf } from "./world.ts";

describe("POST /v1/users/logout", () => {
  it("200: ends the session and its refresh token, and no other", async () => {
    const { account, session, tokens } = await signedIn(db);
    const other = { ...session, id: new ObjectId() };
    await accounts.updateOne({ _id: account._id }, { $push: { sessions: other } });
    const answer = await logout(tokens.session_token);
    expect(answer).toMatchObject({ status: 200, body: { success: true, data: null } });
    expect((await list(tokens.session_token)).status).toBe(401);
    expect((await refresh(tokens.refresh_token)).status).toBe(401);
    expect(await sessionsOf(account._id)).toEqual([other]);
  });

  it("200: ends a session that has expired, so that it can't be refreshed", async () => {
    const { account, tokens } = await signedIn(db);
    await accounts.updateOne({ _id: account._id }, { $set: { "sessions.0.expiresAt": longAgo } });
    await logout(tokens.session_token);
    expect(await sessionsOf(account._id)).toEqual([]);
  });

  it("200: with ?all=true ends all sessions, and records it", async () => {
    const { account, session, tokens } = await signedIn(db);
    const other = { ...session, id: new ObjectId() };
    await accounts.updateOne({ _id: account._id }, { $push: { sessions: other } });
    expect((await logout(tokens.session_token, { all: "true" })).status).toBe(200);
    expect(await sessionsOf(account._id)).toEqual([]);
    expect(await eventsOf(account._id)).toMatchObject([
      { type: "sessions_revoked", actor: { kind: "account", id: account._id } },
    ]);
  });

  it("200: a token that was made up ends nothing, with ?all=true or without", async () => {
    const { account, session } = await signedIn(db);
    const ids = { accountId: account._id.toHexString(), id: session.id.toHexString() };
    const forged = makeToken("session", ids).text;
    expect((await logout(forged)).status).toBe(200);
    expect((await logout(forged, { all: "true" })).status).toBe(200);
    expect((await logout("anything")).status).toBe(200);
    expect(await sessionsOf(account._id)).toHaveLength(1);
    expect(await eventsOf(account._id)).toEqual([]);
  });

  it("401: without a token", async () => {
    expect(await logout()).toMatchObject({
      status: 401,
      body: { code: "AUTHENTICATION_REQUIRED" },
    });
  });

  it("422: another query", async () => {
    const { tokens } = await signedIn(db);
    expect((await logout(tokens.session_token, { all: "perhaps" })).status).toBe(422);
    expect((await logout(tokens.session_token, { al: "true" })).status).toBe(422);
  });
});
