import { describe, expect, it } from "@jest/globals";
import { superAdmin, supportOf } from "../../support/staff.ts";
import { call, eventsOf, members, someone, stored } from "./world.ts";

const refresh = (refreshToken: string) =>
  call("refresh", { body: { refresh_token: refreshToken } });

describe("a refresh of a session of staff", () => {
  it("200: gives another pair, and the old one opens nothing", async () => {
    const { token, refreshToken } = await someone(superAdmin);
    const { status, body } = await refresh(refreshToken);
    expect(status).toBe(200);
    expect(body.session.session_token).toMatch(/^pas_/);
    expect(body.session.refresh_token).toMatch(/^par_/);
    expect((await call("adminProfile", { token })).status).toBe(401);
    expect((await call("adminProfile", { token: body.session.session_token })).status).toBe(200);
  });

  it("200: the same token within 10 s gets the same pair", async () => {
    const { refreshToken } = await someone(supportOf("new"));
    const first = await refresh(refreshToken);
    expect((await refresh(refreshToken)).body).toEqual(first.body);
  });

  it("never outlives what the login gave: its end stays, and the session's own comes no later", async () => {
    const { id, refreshToken } = await someone(superAdmin);
    const end = new Date(Date.now() + 60 * 60_000);
    await members.updateOne({ _id: id }, { $set: { "sessions.0.refresh.expiresAt": end } });
    const { body } = await refresh(refreshToken);
    expect(body.session.refresh_expires_at).toBe(end.toISOString());
    expect(body.session.expires_at).toBe(end.toISOString());
    const again = await refresh(body.session.refresh_token);
    expect(again.body.session.refresh_expires_at).toBe(end.toISOString());
  });

  it("401: a token used again later ends the session, and is recorded as critical", async () => {
    const { id, refreshToken } = await someone(superAdmin);
    const { body } = await refresh(refreshToken);
    const longAgo = new Date(Date.now() - 60_000);
    await members.updateOne(
      { _id: id },
      { $set: { "sessions.0.refresh.previous.until": longAgo } },
    );
    expect((await refresh(refreshToken)).status).toBe(401);
    expect((await refresh(body.session.refresh_token)).status).toBe(401);
    expect(await eventsOf(id)).toMatchObject([
      { type: "refresh_token_reused", severity: "critical" },
    ]);
  });

  it("401: of a user, of somebody disabled, or made up", async () => {
    const disabled = await someone(superAdmin);
    const { user } = disabled;
    await members.updateOne({ _id: disabled.id }, { $set: { status: "disabled" } });
    for (const token of [user.refreshToken, disabled.refreshToken, disabled.token, "par_x"]) {
      expect(await refresh(token)).toMatchObject({
        status: 401,
        body: { code: "SESSION_INVALID" },
      });
    }
  });
});

describe("a logout of staff", () => {
  it("200: ends the session and its refresh token", async () => {
    const { token, refreshToken } = await someone(supportOf("new"));
    expect((await call("logout", { token })).status).toBe(200);
    expect((await call("supportProfile", { token })).status).toBe(401);
    expect((await refresh(refreshToken)).status).toBe(401);
  });

  it("200: with ?all=true ends all, and records it as done by staff", async () => {
    const { id, token } = await someone(superAdmin);
    expect((await call("logout", { token, query: { all: "true" } })).status).toBe(200);
    expect((await stored(id))?.sessions).toEqual([]);
    expect(await eventsOf(id)).toMatchObject([
      { type: "sessions_revoked", actor: { kind: "staff", id } },
    ]);
  });

  it("200: a token of a user, or any other, ends nothing", async () => {
    const { id, refreshToken, user } = await someone(superAdmin);
    for (const token of [user.token, refreshToken, "anything"]) {
      expect((await call("logout", { token, query: { all: "true" } })).status).toBe(200);
    }
    expect((await stored(id))?.sessions).toHaveLength(1);
  });

  it("401: without a token", async () => {
    expect((await call("logout")).status).toBe(401);
  });
});
