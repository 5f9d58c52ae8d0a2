import { describe, expect, it } from "@jest/globals";
import type { ObjectId } from "mongodb";
import { lockKeys } from "../../../lib/accounts/attempts.ts";
import { defaultSettings } from "../../../lib/settings/rules.ts";
import { signedIn } from "../../support/accounts.ts";
import { call, db, eventsOf, staff, stored } from "../admin-panel/world.ts";

const reset = (id: ObjectId, body: unknown = {}) =>
  call("POST /v1/support/users/{id}/reset-password", {
    token: staff.support.token,
    path: { id: id.toHexString() },
    body,
  });
const { passwords } = await import("../../../lib/runtime.ts");
const fits = async (id: ObjectId, password: string) =>
  passwords.verify(password, (await stored(id)).passwordHash, defaultSettings.passwords.argon2id);

describe("POST /v1/support/users/{id}/reset-password, where no mail is set up", () => {
  it("200: makes a one-time password that must be changed, and shows it once", async () => {
    const { account, tokens } = await signedIn(db);
    const { status, body } = await reset(account._id);
    expect(status).toBe(200);
    const { one_time_password: made, ...data } = body.data;
    expect(data).toEqual({ updated_fields: ["password"], mail: null });
    expect(made).toMatch(/^[\w-]{16}$/);
    expect(await fits(account._id, made)).toBe(true);
    expect(await stored(account._id)).toMatchObject({ passwordIsTemporary: true, sessions: [] });
    const profile = await call("GET /v1/users/profile", { token: tokens.session_token });
    expect(profile.status).toBe(401);
    const events = await eventsOf(account._id);
    expect(events).toMatchObject([
      { type: "password_reset_by_staff", severity: "warning", details: { fields: ["password"] } },
    ]);
    expect(JSON.stringify(events)).not.toContain(made);
  });

  it("200: takes one that keeps to the rules, never repeats it, and ends locks and codes", async () => {
    const code = { hash: "a".repeat(64), expiresAt: new Date(), tries: 0, email: "a@example.com" };
    const until = new Date(Date.now() + 3_600_000);
    const proof = { counted: 5, until, open: [] };
    const { account } = await signedIn(db, { codes: { passwordReset: code }, proof });
    const throttle = db.collection<{ _id: string }>("loginThrottle");
    const [key = ""] = lockKeys(account);
    await throttle.insertOne({ _id: key, counted: 5, until, open: [] } as { _id: string });
    const { body } = await reset(account._id, { new_password: "for one use only" });
    expect(body.data.one_time_password).toBeNull();
    expect(await fits(account._id, "for one use only")).toBe(true);
    expect(await throttle.findOne({ _id: key })).toBeNull();
    expect((await stored(account._id)).codes).toEqual({});
    expect(await stored(account._id)).not.toHaveProperty("proof");
  });

  it.each([
    ["one that is too short", "short"],
    ["one that is guessed first", "password123"],
    ["a number", 12_345_678],
  ])("422: refuses %s, naming the field", async (_, password) => {
    const { account } = await signedIn(db);
    const { status, body } = await reset(account._id, { new_password: password });
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ path: "new_password" }]);
    expect(await stored(account._id)).toEqual(account);
  });
});
