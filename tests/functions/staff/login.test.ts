import { beforeEach, describe, expect, it } from "@jest/globals";
import type { StoredRole } from "../../../lib/staff/document.ts";
import { logInStaff } from "../../../lib/staff/log-in.ts";
import { ask } from "../../support/ask.ts";
import { commandsOf } from "../../support/commands.ts";
import { loadFunction } from "../../support/functions.ts";
import { someAddress } from "../../support/people.ts";
import { adminWith, superAdmin, supportOf } from "../../support/staff.ts";
import { password } from "../../support/world.ts";
import {
  call,
  environment,
  eventsFrom,
  eventsOf,
  logIn,
  members,
  runtime,
  someone,
  stored,
} from "./world.ts";

let ip: string;
beforeEach(() => {
  ip = someAddress();
});

const tokens = {
  session_token: expect.stringMatching(/^pas_/),
  refresh_token: expect.stringMatching(/^par_/),
  expires_at: expect.stringMatching(/Z$/),
  refresh_expires_at: expect.stringMatching(/Z$/),
};
const hoursLeft = (at: string) => (Date.parse(at) - Date.now()) / 3_600_000;

describe("POST /v1/admin-panel/login", () => {
  it("200: by username in any case, with a session of 12 hours that can be refreshed for 7 days", async () => {
    const { staff } = await someone(adminWith("security_logs"));
    const typed = staff.username.toUpperCase();
    const { status, body } = await call("adminLogin", { body: { username: typed, password }, ip });
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        success: true,
        message: expect.any(String),
        admin: {
          id: staff._id.toHexString(),
          username: staff.username,
          name: "Some Staff",
          email: staff.email,
          is_super_admin: false,
          permissions: ["security_logs"],
          last_login: null,
        },
        required_action: null,
        session: tokens,
      },
    });
    expect(hoursLeft(body.session.expires_at)).toBeCloseTo(12, 1);
    expect(hoursLeft(body.session.refresh_expires_at)).toBeCloseTo(7 * 24, 1);
    const again = await call("adminProfile", { token: body.session.session_token });
    expect(again.status).toBe(200);
    expect((await stored(staff._id))?.lastLoginAt).toEqual(expect.any(Date));
  });
});

describe("POST /v1/support/login", () => {
  it("200: with a session of 12 hours that can be refreshed for 3 days", async () => {
    const { staff } = await someone(supportOf("advanced"));
    const { status, body } = await logIn(staff);
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      message: expect.any(String),
      staff: {
        id: staff._id.toHexString(),
        username: staff.username,
        name: "Some Staff",
        email: staff.email,
        staff_level: "advanced",
        is_active: true,
        time_created: staff.createdAt.toISOString(),
        created_by: null,
        last_login: null,
        totp_enabled: false,
        recovery_codes_left: 0,
      },
      required_action: null,
      session: tokens,
    });
    expect(hoursLeft(body.session.expires_at)).toBeCloseTo(12, 1);
    expect(hoursLeft(body.session.refresh_expires_at)).toBeCloseTo(3 * 24, 1);
  });
});

describe.each<[string, StoredRole, StoredRole, string[]]>([
  ["admin", superAdmin, supportOf("advanced"), ["admin_not_found", "admin_inactive"]],
  ["support", supportOf("new"), superAdmin, ["staff_not_found", "staff_inactive"]],
])("a login at the door of %s", (kind, role, otherRole, [unknown, inactive]) => {
  const at = (username: string, secret = password, from = ip) =>
    call(kind === "admin" ? "adminLogin" : "supportLogin", {
      body: { username, password: secret },
      ip: from,
    });

  it("401: one answer for an unknown name, a wrong password, somebody disabled and staff of the other kind", async () => {
    const { staff } = await someone(role);
    const disabled = (await someone(role)).staff;
    await members.updateOne({ _id: disabled._id }, { $set: { status: "disabled" } });
    const other = (await someone(otherRole)).staff;
    const answers = [
      await at("nobody"),
      await at(staff.username, "wrong password"),
      await at(disabled.username),
      await at(other.username),
    ];
    for (const { status, body } of answers) {
      expect([status, body.code]).toEqual([401, "INVALID_CREDENTIALS"]);
      expect({ ...body, request_id: "" }).toEqual({ ...answers[0]?.body, request_id: "" });
    }
    const told = (await eventsFrom(ip)).map(({ type, severity, details }) => [
      type,
      severity,
      details.reason,
    ]);
    expect(told).toEqual([
      [`${kind}_login_failed`, "info", unknown],
      [`${kind}_login_failed`, "warning", "invalid_password"],
      [`${kind}_login_failed`, "info", inactive],
      [`${kind}_login_failed`, "info", unknown],
    ]);
  });

  it("sends the same commands and makes exactly one hash for each of them", async () => {
    const { members: store, totp, throttle, events, passwords, settings, database } = runtime;
    const { staff } = await someone(role);
    const disabled = (await someone(role)).staff;
    await members.updateOne({ _id: disabled._id }, { $set: { status: "disabled" } });
    let hashes = 0;
    const counting: typeof passwords = {
      hash: (...input) => {
        hashes += 1;
        return passwords.hash(...input);
      },
      verify: (...input) => {
        hashes += 1;
        return passwords.verify(...input);
      },
    };
    const current = await settings.current();
    const seen: unknown[] = [];
    for (const [username, secret] of [
      ["nobody", password],
      [staff.username, "wrong password"],
      [disabled.username, password],
    ] as const) {
      hashes = 0;
      const commands = await commandsOf(database, async () => {
        const attempt = logInStaff(
          {
            members: store,
            totp,
            throttle,
            events,
            passwords: counting,
            settings: { current: async () => current },
          },
          {
            kind: role.kind,
            shown: { username, password: secret },
            request: { id: crypto.randomUUID(), ip: someAddress(), userAgent: undefined },
          },
        );
        await expect(attempt).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });
      });
      seen.push({ commands: commands.sort(), hashes });
    }
    const once = {
      commands: ["bulkWrite", "find", "findAndModify", "findAndModify", "insert"],
      hashes: 1,
    };
    expect(seen).toEqual([once, once, once]);
  });

  it("423: five failures lock a name, known or not, for an hour; open sessions stay", async () => {
    const { staff, token } = await someone(role);
    for (const username of [staff.username, `nobody-${kind}`]) {
      for (let count = 0; count < 5; count += 1) {
        expect((await at(username, "wrong password", someAddress())).status).toBe(401);
      }
      const { status, body, headers } = await at(username, password, someAddress());
      expect([status, body.code]).toEqual([423, "LOGIN_LOCKED"]);
      expect(Number(headers?.["Retry-After"])).toBeGreaterThan(3_500);
    }
    expect((await call("password", { token, body: {} })).status).toBe(422);
  });

  it("429: five failures block an address", async () => {
    for (let count = 0; count < 5; count += 1) await at(`guess-${count}`, "wrong password");
    const { staff } = await someone(role);
    const { status, body } = await at(staff.username);
    expect([status, body.code]).toEqual([429, "ADDRESS_BLOCKED"]);
  });

  it("records each success, with the session but no secret", async () => {
    const { staff } = await someone(role);
    const { body } = await at(staff.username);
    const [event] = await eventsOf(staff._id);
    expect(event).toMatchObject({
      type: `${kind}_login_successful`,
      actor: { kind: "staff", id: staff._id },
      details: { session_id: expect.stringMatching(/^[0-9a-f]{24}$/), second_factor: "none" },
    });
    const text = JSON.stringify(event);
    for (const secret of [password, body.session.session_token, body.session.refresh_token]) {
      expect(text).not.toContain(secret);
    }
  });

  it("422: a body that has not its form", async () => {
    const bodies = [{}, { username: "x" }, { username: "x", password, remember: true }];
    for (const body of bodies) {
      const endpoint = kind === "admin" ? "adminLogin" : "supportLogin";
      expect((await call(endpoint, { body })).status).toBe(422);
    }
  });
});

describe("failed logins", () => {
  it("of staff do not lock a user of the same name, nor the other way round", async () => {
    const users = await loadFunction("users/login", environment);
    const asUser = (email: string) =>
      ask(users, { body: { email, password: "wrong password" }, ip: someAddress() });
    const { staff } = await someone(superAdmin);
    for (let count = 0; count < 6; count += 1) await asUser(staff.username);
    expect((await asUser(staff.username)).status).toBe(423);
    expect((await logIn(staff)).status).toBe(200);
    const name = "somebody-else";
    for (let count = 0; count < 6; count += 1) {
      await call("adminLogin", { body: { username: name, password: "wrong password" } });
    }
    expect((await asUser(name)).status).toBe(401);
  });

  it("keeps at most ten sessions; the oldest goes", async () => {
    const { staff } = await someone(superAdmin);
    for (let count = 0; count < 11; count += 1) expect((await logIn(staff)).status).toBe(200);
    expect((await stored(staff._id))?.sessions).toHaveLength(10);
  });

  it("never says that the right password is wrong while another login renews its hash", async () => {
    const { staff } = await someone(superAdmin);
    const old = await runtime.passwords.hash(password, {
      memory: 19_456,
      passes: 3,
      parallelism: 1,
    });
    await members.updateOne({ _id: staff._id }, { $set: { passwordHash: old } });
    const statuses = (await Promise.all([logIn(staff), logIn(staff), logIn(staff)])).map(
      ({ status }) => status,
    );
    expect(statuses).toContain(200);
    expect(statuses).not.toContain(401);
    const types = (await eventsOf(staff._id)).map(({ type }) => type);
    expect(types).toContain("admin_password_hash_upgraded");
  });
});
