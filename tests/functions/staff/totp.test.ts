import { describe, expect, it } from "@jest/globals";
import { adminWith, superAdmin, supportOf } from "../../support/staff.ts";
import { codeOf } from "../../support/staffer.ts";
import { password } from "../../support/world.ts";
import { call, eventsOf, logIn, members, recordedText, runtime, someone, stored } from "./world.ts";

const step = 30_000;
const offer = (token: string, current_password = password) =>
  call("offerTotp", { token, body: { current_password } });
const confirm = (token: string, totp_code: string) =>
  call("confirmTotp", { token, body: { totp_code } });
const remove = (token: string, shown: object, current_password = password) =>
  call("removeTotp", { token, body: { current_password, ...shown } });

describe("a second factor", () => {
  it("is offered, confirmed by its first code, asked for from then on, and removed again", async () => {
    const { staff, id, token } = await someone(superAdmin);
    const offered = await offer(token);
    expect(offered.status).toBe(200);
    const { secret, otpauth_url: url } = offered.body;
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(Object.fromEntries(new URL(url).searchParams)).toEqual({
      issuer: "PromptEnchanter",
      secret,
      algorithm: "SHA1",
      digits: "6",
      period: "30",
    });
    expect((await logIn(staff)).status).toBe(200);

    const confirmed = await confirm(token, codeOf(secret));
    expect(confirmed.status).toBe(200);
    expect(confirmed.body.recovery_codes).toHaveLength(10);
    expect(new Set(confirmed.body.recovery_codes).size).toBe(10);
    expect((await stored(id))?.sessions).toHaveLength(1);

    expect((await logIn(staff)).body.code).toBe("TOTP_REQUIRED");
    const next = codeOf(secret, Date.now() + step);
    expect((await logIn(staff, { totp_code: next })).status).toBe(200);

    const [recovery] = confirmed.body.recovery_codes;
    expect((await remove(token, { recovery_code: recovery })).status).toBe(200);
    expect((await logIn(staff)).status).toBe(200);
    const types = (await eventsOf(id)).map(({ type }) => type);
    expect(types.filter((type) => type.startsWith("staff_totp"))).toEqual([
      "staff_totp_offered",
      "staff_totp_enabled",
      "staff_totp_disabled",
    ]);
    const text = await recordedText();
    for (const known of [secret, ...confirmed.body.recovery_codes]) {
      expect(text).not.toContain(known);
    }
  });

  it("stands in the database as something that nobody reads without the server's secret", async () => {
    const { id, token } = await someone(superAdmin);
    const { secret } = (await offer(token)).body;
    const { recovery_codes: codes } = (await confirm(token, codeOf(secret))).body;
    const text = JSON.stringify(await stored(id));
    for (const known of [secret, ...codes]) expect(text).not.toContain(known);
  });

  it("moved to another member opens nothing", async () => {
    const [one, other] = [await someone(superAdmin, "active"), await someone(superAdmin)];
    const { totp } = (await stored(one.id)) ?? {};
    if (totp) await members.updateOne({ _id: other.id }, { $set: { totp } });
    expect((await logIn(other.staff, { totp_code: one.code })).status).toBe(500);
    const [recovery = ""] = one.recoveryCodes;
    expect((await logIn(other.staff, { recovery_code: recovery })).status).toBe(401);
  });
});

describe("a login with a second factor", () => {
  it("200: takes the code before and the one after, for clocks that differ; 401: none further", async () => {
    for (const [away, status] of [
      [-2, 401],
      [-1, 200],
      [0, 200],
      [1, 200],
      [2, 401],
    ] as const) {
      const { staff, seed } = await someone(superAdmin, "active");
      // In the middle of a step, so that the way to the service does not lead into the next.
      const at = Math.floor(Date.now() / step) * step + step / 2 + away * step;
      expect([away, (await logIn(staff, { totp_code: codeOf(seed, at) })).status]).toEqual([
        away,
        status,
      ]);
    }
  });

  it("401: a code opens one session, and none before it opens any after it", async () => {
    const { staff, seed } = await someone(supportOf("new"), "active");
    const later = codeOf(seed, Date.now() + step);
    expect((await logIn(staff, { totp_code: later })).status).toBe(200);
    expect((await logIn(staff, { totp_code: later })).body.code).toBe("INVALID_CREDENTIALS");
    expect((await logIn(staff, { totp_code: codeOf(seed) })).status).toBe(401);
  });

  it("one of many logins with the same code at once gets through", async () => {
    const { staff, code } = await someone(superAdmin, "active");
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => logIn(staff, { totp_code: code })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it("200: a recovery code in any spelling, once; the others stay", async () => {
    const { staff, id, recoveryCodes } = await someone(superAdmin, "active");
    const [first = "", second = ""] = recoveryCodes;
    const typed = first.toLowerCase().replaceAll("-", " ");
    expect((await logIn(staff, { recovery_code: typed })).status).toBe(200);
    expect((await logIn(staff, { recovery_code: first })).status).toBe(401);
    expect((await stored(id))?.totp?.recovery).toHaveLength(9);
    expect((await logIn(staff, { recovery_code: second })).status).toBe(200);
    const used = (await eventsOf(id)).map(({ details }) => details.second_factor);
    expect(used).toContain("recovery");
  });

  it("one of many logins with the same recovery code at once gets through", async () => {
    const { staff, recoveryCodes } = await someone(superAdmin, "active");
    const [recovery = ""] = recoveryCodes;
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => logIn(staff, { recovery_code: recovery })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it("423: wrong codes count as wrong passwords do; a missing one does not", async () => {
    const { staff, id } = await someone(superAdmin, "active");
    for (let round = 0; round < 6; round += 1) {
      expect((await logIn(staff)).body.code).toBe("TOTP_REQUIRED");
    }
    for (const wrong of ["000000", "12345", "", "abcdef", "1234567"]) {
      const answer = await logIn(staff, { totp_code: wrong });
      // One in a million is right.
      expect([wrong, answer.body.code]).toEqual([wrong, "INVALID_CREDENTIALS"]);
    }
    expect((await logIn(staff, { totp_code: "000000" })).status).toBe(423);
    const told = (await eventsOf(id)).map(({ type, severity, details: { reason } }) => ({
      type,
      severity,
      reason,
    }));
    const type = "admin_login_failed";
    expect(told).toContainEqual({ type, severity: "info", reason: "second_factor_missing" });
    expect(told).toContainEqual({ type, severity: "warning", reason: "invalid_second_factor" });
    // Attempts during a lock leave none.
    expect(told).toHaveLength(6 + 5);
  });

  it("401: a wrong password is not told from one with a second factor missing", async () => {
    const { staff } = await someone(superAdmin, "active");
    const { body } = await logIn(staff, { password: "wrong" });
    expect(body.code).toBe("INVALID_CREDENTIALS");
  });
});

describe("offering and confirming", () => {
  it("401: not without the password", async () => {
    const { token } = await someone(superAdmin);
    expect((await offer(token, "wrong")).body.code).toBe("WRONG_PASSWORD");
  });

  it("409: not while there is one", async () => {
    const { token } = await someone(superAdmin, "active");
    expect((await offer(token)).body.code).toBe("TOTP_ACTIVE");
  });

  it("400: a wrong code confirms nothing, nor does one of an offer that a newer one replaced", async () => {
    const { token } = await someone(superAdmin);
    const old = (await offer(token)).body.secret;
    const { secret } = (await offer(token)).body;
    for (const wrong of [codeOf(old), "000000", "x"]) {
      expect(await confirm(token, wrong)).toMatchObject({
        status: 400,
        body: { code: "CODE_WRONG" },
      });
    }
    expect((await confirm(token, codeOf(secret))).status).toBe(200);
  });

  it("409: nothing to confirm without an offer, or 15 minutes after it", async () => {
    const { token } = await someone(superAdmin);
    expect((await confirm(token, "123456")).body.code).toBe("TOTP_INACTIVE");
    const late = await someone(superAdmin, "pending");
    const at = new Date(Date.now() - 16 * 60_000);
    await members.updateOne({ _id: late.id }, { $set: { "pendingTotp.at": at } });
    expect((await confirm(late.token, late.code)).body.code).toBe("TOTP_INACTIVE");
  });

  it("409: an offer ends with the password that it was made for", async () => {
    const { token, code } = await someone(superAdmin, "pending");
    const body = { current_password: password, new_password: "quite another secret" };
    expect((await call("password", { token, body })).status).toBe(200);
    expect((await confirm(token, code)).body.code).toBe("TOTP_INACTIVE");
  });

  it("takes the code that confirmed for no login", async () => {
    const { staff, token, code } = await someone(superAdmin, "pending");
    await confirm(token, code);
    expect((await logIn(staff, { totp_code: code })).status).toBe(401);
  });
});

describe("removing", () => {
  it("401: without the password or the factor, and wrong ones count", async () => {
    const { id, token, code } = await someone(superAdmin, "active");
    expect((await remove(token, { totp_code: code }, "wrong")).body.code).toBe("WRONG_PASSWORD");
    expect((await remove(token, {})).body.code).toBe("TOTP_REQUIRED");
    for (let round = 0; round < 4; round += 1) {
      expect((await remove(token, { totp_code: "x" })).body.code).toBe("INVALID_CREDENTIALS");
    }
    expect((await remove(token, { totp_code: code })).status).toBe(423);
    expect((await stored(id))?.totp).toBeDefined();
  });

  it("409: there is none", async () => {
    const { token } = await someone(superAdmin);
    expect((await remove(token, {})).body.code).toBe("TOTP_INACTIVE");
  });

  it("422: not while the password is too short to be the only factor", async () => {
    const { id, token, code } = await someone(superAdmin, "active");
    const short = "eleven char";
    const cost = { memory: 19_456, passes: 2, parallelism: 1 };
    const passwordHash = await runtime.passwords.hash(short, cost);
    await members.updateOne({ _id: id }, { $set: { passwordHash } });
    expect(await remove(token, { totp_code: code }, short)).toMatchObject({
      status: 422,
      body: { errors: [{ path: "current_password" }] },
    });
    expect((await stored(id))?.totp).toBeDefined();
  });
});

describe("where a second factor is required", () => {
  it("a session without one may do nothing but set one up, and everything then", async () => {
    const { current } = runtime.settings;
    const settings = await current();
    runtime.settings.current = async () => ({
      ...settings,
      staff: { ...settings.staff, totpRequired: true },
    });
    try {
      const { staff } = await someone(adminWith("support_management"));
      const login = await logIn(staff);
      expect(login).toMatchObject({ status: 200, body: { required_action: "set_up_totp" } });
      const token = login.body.session.session_token;
      expect((await call("list", { token })).body.code).toBe("SECOND_FACTOR_REQUIRED");
      expect((await call("adminProfile", { token })).status).toBe(403);
      const { secret } = (await offer(token)).body;
      expect((await confirm(token, codeOf(secret))).status).toBe(200);
      expect((await call("list", { token })).status).toBe(200);
    } finally {
      runtime.settings.current = current;
    }
  });
});
