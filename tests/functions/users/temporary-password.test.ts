import { describe, expect, it } from "@jest/globals";
import { wholeService } from "../../support/service.ts";

const { db, endpoints, sampleOf, send, storedOf } = await wholeService();
type Who = Awaited<ReturnType<typeof sampleOf>>["who"];

/** Staff has set the password that somebody signed in with. */
const setByStaff = ({ id }: Who) =>
  db.collection("accounts").updateOne({ _id: id }, { $set: { passwordIsTemporary: true } });

const samplesOfAll = await Promise.all(
  endpoints.map(async (endpoint) => ({ endpoint, ...(await sampleOf(endpoint)) })),
);
const allowed = "PUT /v1/users/password";
const refused = samplesOfAll.flatMap(({ endpoint, who, sample }) =>
  who.home === "accounts" && sample.caller === "session" && endpoint !== allowed ? [endpoint] : [],
);

describe("a password that staff has set", () => {
  it("is one of many sessions' endpoints to be kept from", () => {
    expect(refused.length).toBeGreaterThan(10);
  });

  it.each(refused)("403: %s, and nothing is changed", async (endpoint) => {
    const { who, sample } = await sampleOf(endpoint);
    await setByStaff(who);
    const before = await storedOf(who);
    const { status, body } = await send(endpoint, who, sample);
    expect([status, body.code]).toEqual([403, "PASSWORD_CHANGE_REQUIRED"]);
    const after = await storedOf(who);
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
    expect(await storedOf(who)).not.toHaveProperty("passwordIsTemporary");
    const profile = "GET /v1/users/profile";
    expect((await send(profile, who, { status: 200, caller: "session" })).status).toBe(200);
  });

  it.each(["POST /v1/users/password-reset/confirm"])("is over after %s", async (endpoint) => {
    const { who, sample } = await sampleOf(endpoint);
    await setByStaff(who);
    expect((await send(endpoint, who, sample)).status).toBe(200);
    expect(await storedOf(who)).not.toHaveProperty("passwordIsTemporary");
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
