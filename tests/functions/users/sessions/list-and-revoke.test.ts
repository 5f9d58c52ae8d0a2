import { describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import { signedIn } from "../../../support/accounts.ts";
import { commandsOf } from "../../../support/commands.ts";
import { accounts, database, db, eventsOf, list, longAgo, revoke, sessionsOf } from "./world.ts";

describe("GET /v1/users/sessions", () => {
  it("200: lists live sessions, the latest used first, without their hashes, after one round trip; the other is for its usage event", async () => {
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
    // Address rules are read now and kept for ten seconds.
    await list("nobody's");
    let answer: Awaited<ReturnType<typeof list>> | undefined;
    const commands = await commandsOf(database, async () => {
      answer = await list(tokens.session_token);
    });
    expect(commands).toEqual(["findAndModify", "bulkWrite"]);
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
    expect(answer?.status).toBe(200);
    expect(answer?.body).toEqual({
      success: true,
      sessions: [entry(session.id, true, "test-agent/1.0"), entry(earlier.id, false, null)],
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
