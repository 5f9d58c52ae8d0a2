import { describe, expect, it } from "@jest/globals";
import type { ObjectId } from "mongodb";
import { wholeService } from "../../support/service.ts";

const { accounts, endpoints, sampleOf, send } = await wholeService();

/** Staff has set the password that somebody signed in with. */
const setByStaff = ({ id }: { id: ObjectId }) =>
  accounts.updateOne({ _id: id }, { $set: { passwordIsTemporary: true } });

const withSession = await Promise.all(
  endpoints.map(async (endpoint) => ({
    endpoint,
    caller: (await sampleOf(endpoint)).sample.caller,
  })),
);
const allowed = "PUT /v1/users/password";
const refused = withSession.flatMap(({ endpoint, caller }) =>
  caller === "session" && endpoint !== allowed ? [endpoint] : [],
);

describe("a password that staff has set", () => {
  it("is one of many sessions' endpoints to be kept from", () => {
    expect(refused.length).toBeGreaterThan(10);
  });

  it.each(refused)("403: %s, and nothing is changed", async (endpoint) => {
    const { who, sample } = await sampleOf(endpoint);
    await setByStaff(who);
    const before = await accounts.findOne({ _id: who.id });
    const { status, body } = await send(endpoint, who, sample);
    expect([status, body.code]).toEqual([403, "PASSWORD_CHANGE_REQUIRED"]);
    const after = await accounts.findOne({ _id: who.id });
    expect({ ...after, lastActivityAt: null }).toEqual({ ...before, lastActivityAt: null });
  });

  it("lets in at the login, which says what is to be done", async () => {
    const login = "POST /v1/users/login";
    const { who, sample } = await sampleOf(login);
    expect((await send(login, who, sample)).body.user.password_change_required).toBe(false);
    await setByStaff(who);
    const { status, body } = await send(login, who, sample);
    expect(status).toBe(200);
    expect(body.user.password_change_required).toBe(true);
  });

  it("is over once another was chosen, which the same is not", async () => {
    const { who, sample } = await sampleOf(allowed);
    await setByStaff(who);
    const current = sample.body?.current_password;
    const same = JSON.stringify({ current_password: current, new_password: current });
    expect(await send(allowed, who, sample, { body: same })).toMatchObject({
      status: 422,
      body: { errors: [{ path: "new_password" }] },
    });
    expect((await send(allowed, who, sample)).status).toBe(200);
    expect(await accounts.findOne({ _id: who.id })).not.toHaveProperty("passwordIsTemporary");
    const profile = "GET /v1/users/profile";
    expect((await send(profile, who, { status: 200, caller: "session" })).status).toBe(200);
  });

  it.each(["POST /v1/users/password-reset/confirm"])("is over after %s", async (endpoint) => {
    const { who, sample } = await sampleOf(endpoint);
    await setByStaff(who);
    expect((await send(endpoint, who, sample)).status).toBe(200);
    expect(await accounts.findOne({ _id: who.id })).not.toHaveProperty("passwordIsTemporary");
  });

  it.each(["POST /v1/users/logout", "GET /v1/models"])(
    "is nothing to %s: sessions may end, and keys are no passwords",
    async (endpoint) => {
      const { who, sample } = await sampleOf(endpoint);
      await setByStaff(who);
      expect((await send(endpoint, who, sample)).status).toBe(200);
    },
  );
});
