import { describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import { changeStaffPassword } from "../../../lib/staff/change-password.ts";
import type { StoredRole } from "../../../lib/staff/document.ts";
import { editableFields, permissionsOf, visibleFields } from "../../../lib/staff/permissions.ts";
import { adminWith, superAdmin, supportOf } from "../../support/staff.ts";
import type { Staffer } from "../../support/staffer.ts";
import { password } from "../../support/world.ts";
import { call, eventsOf, logIn, members, recordedText, runtime, someone, stored } from "./world.ts";

let count = 0;
const newcomer = (changes: Record<string, unknown> = {}) => {
  count += 1;
  const username = `Grace_${count}`;
  return { username, name: "Grace Hopper", email: `${username}@Example.com`, password, ...changes };
};

const update = ({ token }: Staffer, id: ObjectId, body: object) =>
  call("update", { token, path: { id: id.toHexString() }, body });

/** Makes sure that nobody but these is an active super admin. */
const onlySupers = (...supers: Staffer[]) =>
  members.updateMany(
    { "role.isSuperAdmin": true, _id: { $nin: supers.map(({ id }) => id) } },
    { $set: { status: "disabled" } },
  );

describe.each<["createAdmin" | "createSupport", StoredRole, Record<string, unknown>, StoredRole]>([
  ["createAdmin", superAdmin, { permissions: ["api_usage", "api_usage"] }, adminWith("api_usage")],
  ["createAdmin", superAdmin, { is_super_admin: true }, superAdmin],
  ["createSupport", adminWith("support_management"), {}, supportOf("new")],
  ["createSupport", superAdmin, { staff_level: "advanced" }, supportOf("advanced")],
])("%s", (endpoint, creatorRole, extra, role) => {
  it("200: makes somebody who can sign in, and records by whom", async () => {
    const creator = await someone(creatorRole);
    const body = newcomer(extra);
    const answer = await call(endpoint, { token: creator.token, body });
    expect(answer).toMatchObject({
      status: 200,
      body: { success: true, data: { id: expect.stringMatching(/^[0-9a-f]{24}$/) } },
    });
    const made = await stored(new ObjectId(answer.body.data.id as string));
    expect(made).toMatchObject({
      username: body.username,
      email: body.email.toLowerCase(),
      role,
      status: "active",
      createdBy: creator.id,
    });
    expect(await eventsOf(made?._id ?? creator.id)).toMatchObject([
      {
        type: role.kind === "admin" ? "admin_created" : "support_staff_created",
        actor: { kind: "staff", id: creator.id },
        details: { username: body.username },
      },
    ]);
    expect((await logIn({ username: body.username, role })).status).toBe(200);
  });

  it("403: whoever was made may do nothing before the password is one of their own", async () => {
    const creator = await someone(creatorRole);
    const body = newcomer(extra);
    await call(endpoint, { token: creator.token, body });
    const first = await logIn({ username: body.username, role });
    expect(first.body).toMatchObject({ required_action: "change_password" });
    const { session_token: token } = first.body.session;
    const profile = role.kind === "admin" ? "adminProfile" : "supportProfile";
    expect((await call(profile, { token })).body.code).toBe("PASSWORD_CHANGE_REQUIRED");
    const change = { current_password: password, new_password: "quite another secret" };
    expect((await call("password", { token, body: change })).status).toBe(200);
    expect((await call(profile, { token })).body).toMatchObject({ username: body.username });
  });

  it("409: names a username, in any case, and an address that another has", async () => {
    const creator = await someone(creatorRole);
    const body = newcomer();
    await call(endpoint, { token: creator.token, body });
    const again = { ...body, username: body.username.toUpperCase() };
    const { status, body: answer } = await call(endpoint, { token: creator.token, body: again });
    expect([status, answer.code]).toEqual([409, "ALREADY_TAKEN"]);
    expect(answer.errors.map(({ path }: { path: string }) => path)).toEqual(["username", "email"]);
    const email = await call(endpoint, {
      token: creator.token,
      body: newcomer({ email: body.email }),
    });
    expect(email.body.errors.map(({ path }: { path: string }) => path)).toEqual(["email"]);
  });

  it.each([
    ["fourteen chars", "Use at least 15 characters."],
    ["passwordpassword-Grace_x", undefined],
    ["x".repeat(129), "Use at most 128 characters."],
  ])("422: the password %s", async (secret, message) => {
    const creator = await someone(creatorRole);
    const username = secret.endsWith("Grace_x") ? "Grace_x" : newcomer().username;
    const body = newcomer({ password: secret, username });
    const answer = await call(endpoint, { token: creator.token, body });
    expect(answer).toMatchObject({
      status: 422,
      body: { errors: [{ path: "password", message: message ?? expect.any(String) }] },
    });
  });

  it("422: a permission or a level that there is not", async () => {
    const creator = await someone(creatorRole);
    const wrong = endpoint === "createAdmin" ? { permissions: ["all"] } : { staff_level: "chief" };
    const answer = await call(endpoint, { token: creator.token, body: newcomer(wrong) });
    expect(answer.status).toBe(422);
  });
});

describe("GET /v1/admin-panel/staff", () => {
  it("200: for a super admin lists admins and support staff, page by page", async () => {
    const { token, id, other } = await someone(superAdmin);
    const seen = new Set<string>();
    let total = Number.POSITIVE_INFINITY;
    for (let page = 1; seen.size < total; page += 1) {
      const query = { page: String(page), page_size: "3" };
      const { status, body } = await call("list", { token, query });
      expect(status).toBe(200);
      expect(body).toMatchObject({ page, page_size: 3 });
      if (body.staff.length === 0) break;
      for (const one of body.staff) seen.add(one.id);
      total = body.total_count;
    }
    expect(seen.size).toBe(total);
    expect(seen).toContain(id.toHexString());
    expect(seen).toContain(other.id.toHexString());
  });

  it("200: for another admin support staff only; nobody sees secrets", async () => {
    const { token } = await someone(adminWith("support_management"));
    const { body } = await call("list", { token });
    expect(body.staff.length).toBeGreaterThan(0);
    for (const one of body.staff) expect(one.kind).toBe("support");
    expect(Object.keys(body.staff[0]).sort()).toEqual(
      [
        "kind",
        "id",
        "username",
        "name",
        "email",
        "is_active",
        "time_created",
        "created_by",
        "last_login",
        "totp_enabled",
        "recovery_codes_left",
        "staff_level",
      ].sort(),
    );
    const admins = await call("list", { token, query: { kind: "admin" } });
    expect(admins.body).toMatchObject({ staff: [], total_count: 0 });
  });

  it.each([{ page: "0" }, { page_size: "101" }, { page: "x" }, { kind: "user" }, { sort: "name" }])(
    "422: %o",
    async (query) => {
      const { token } = await someone(superAdmin);
      expect((await call("list", { token, query: query as Record<string, string> })).status).toBe(
        422,
      );
    },
  );
});

describe("GET /v1/admin-panel/staff/{id}", () => {
  it("200, or 404 for nobody and for an admin whom the caller does not manage", async () => {
    const chief = await someone(superAdmin);
    const admin = await someone(adminWith("support_management"));
    const get = ({ token }: Staffer, id: string) => call("get", { token, path: { id } });
    expect(await get(chief, admin.id.toHexString())).toMatchObject({
      status: 200,
      body: { kind: "admin", permissions: ["support_management"], is_super_admin: false },
    });
    expect((await get(admin, chief.other.id.toHexString())).status).toBe(200);
    expect((await get(admin, chief.id.toHexString())).status).toBe(404);
    expect((await get(chief, new ObjectId().toHexString())).status).toBe(404);
  });
});

describe("PUT /v1/admin-panel/staff/{id}", () => {
  it("200: disables, which ends every session at once, and enables again", async () => {
    const admin = await someone(adminWith("support_management"));
    const { other } = admin;
    expect((await update(admin, other.id, { is_active: false })).status).toBe(200);
    expect((await call("supportProfile", { token: other.token })).status).toBe(401);
    expect(await stored(other.id)).toMatchObject({ status: "disabled", sessions: [] });
    await update(admin, other.id, { is_active: true });
    expect((await call("supportProfile", { token: other.token })).status).toBe(401);
    expect(await eventsOf(other.id)).toMatchObject([
      { type: "staff_disabled", severity: "warning", actor: { kind: "staff", id: admin.id } },
      { type: "staff_enabled", details: { username: other.staff.username } },
    ]);
  });

  it("200: changes permissions and levels from the next request on, and records what they were", async () => {
    const chief = await someone(superAdmin);
    const admin = await someone(adminWith("support_management"));
    expect((await call("list", { token: admin.token })).status).toBe(200);
    await update(chief, admin.id, { permissions: ["api_usage", "security_logs"] });
    expect((await call("list", { token: admin.token })).body.code).toBe("PERMISSION_REQUIRED");
    await update(chief, chief.other.id, { staff_level: "new" });
    const { body } = await call("permissions", { token: chief.other.token });
    expect(body).toMatchObject({ staff_level: "new", permissions: permissionsOf("new") });
    expect(await eventsOf(admin.id)).toMatchObject([
      {
        type: "staff_permissions_changed",
        details: {
          permissions_before: "support_management",
          permissions_after: "api_usage, security_logs",
        },
      },
    ]);
    expect((await eventsOf(chief.other.id))[0]?.details).toMatchObject({
      staff_level_before: "support",
      staff_level_after: "new",
    });
  });

  it("200: what holds already is no change and leaves no event", async () => {
    const chief = await someone(superAdmin);
    const before = await stored(chief.other.id);
    await update(chief, chief.other.id, { is_active: true, staff_level: "support" });
    expect(await stored(chief.other.id)).toEqual(before);
    expect(await eventsOf(chief.other.id)).toEqual([]);
  });

  it("404: for nobody, and for an admin if the caller is no super admin", async () => {
    const admin = await someone(adminWith("support_management"));
    const target = await someone(adminWith());
    for (const id of [target.id, admin.id, new ObjectId()]) {
      expect((await update(admin, id, { is_active: false })).status).toBe(404);
    }
  });

  it("409: nobody disables himself", async () => {
    const chief = await someone(superAdmin);
    await someone(superAdmin);
    const { status, body } = await update(chief, chief.id, { is_active: false });
    expect([status, body.code]).toEqual([409, "NOT_YOURSELF"]);
  });

  it("409: the last active super admin is neither demoted nor disabled, and stays one", async () => {
    const chief = await someone(superAdmin);
    await onlySupers(chief);
    const { status, body } = await update(chief, chief.id, { is_super_admin: false });
    expect([status, body.code]).toEqual([409, "LAST_SUPER_ADMIN"]);
    const after = await stored(chief.id);
    expect(after).toMatchObject({ role: superAdmin, status: "active" });
    expect(after?.retiring).toEqual([]);
  });

  it("one of two super admins always stays, however many demotions meet", async () => {
    for (let round = 0; round < 10; round += 1) {
      const [one, other] = [await someone(superAdmin), await someone(superAdmin)];
      await onlySupers(one, other);
      await Promise.all([
        update(one, other.id, { is_active: false }),
        update(other, one.id, { is_super_admin: false }),
        update(one, one.id, { is_super_admin: false }),
      ]);
      const left = await members.countDocuments({ "role.isSuperAdmin": true, status: "active" });
      expect(left).toBeGreaterThanOrEqual(1);
    }
  });

  it("whoever crashed on the way to another's demotion does not keep the others from theirs for more than a minute", async () => {
    const [one, other] = [await someone(superAdmin), await someone(superAdmin)];
    await onlySupers(one, other);
    const retiring = (at: number) =>
      members.updateOne(
        { _id: other.id },
        { $set: { retiring: [{ by: "a request that died", at: new Date(at) }] } },
      );
    await retiring(Date.now());
    expect((await update(one, one.id, { is_super_admin: false })).status).toBe(409);
    await retiring(Date.now() - 61_000);
    expect((await update(one, one.id, { is_super_admin: false })).status).toBe(200);
  });

  it("409: a demotion that took longer than that is none, since others may have gone meanwhile", async () => {
    const [one, other] = [await someone(superAdmin), await someone(superAdmin)];
    const { retire } = runtime.directory;
    runtime.directory.retire = async (_id, by) => {
      const stays = await retire(_id, by);
      const retiring = [{ by, at: new Date(Date.now() - 61_000) }];
      await members.updateOne({ _id }, { $set: { retiring } });
      return stays;
    };
    try {
      const { status, body } = await update(one, other.id, { is_active: false });
      expect([status, body.code]).toEqual([409, "CHANGED_MEANWHILE"]);
      expect(await stored(other.id)).toMatchObject({ status: "active" });
    } finally {
      runtime.directory.retire = retire;
    }
  });

  it("409: a change of what was changed meanwhile is none", async () => {
    const chief = await someone(superAdmin);
    const bodies = [{ staff_level: "new" }, { staff_level: "advanced" }, { is_active: false }];
    const answers = await Promise.all(bodies.map((body) => update(chief, chief.other.id, body)));
    const done = answers.filter(({ status }) => status === 200);
    expect(done.length).toBeGreaterThanOrEqual(1);
    for (const { status, body } of answers.filter((one) => !done.includes(one))) {
      expect([status, body.code]).toEqual([409, "CHANGED_MEANWHILE"]);
    }
    expect(await eventsOf(chief.other.id)).toHaveLength(done.length);
  });

  it.each([
    [supportOf("new"), { permissions: [] }, "permissions"],
    [supportOf("new"), { is_super_admin: true }, "is_super_admin"],
    [adminWith(), { staff_level: "advanced" }, "staff_level"],
    [adminWith(), { is_active: "no" }, "is_active"],
    [adminWith(), { username: "other" }, "username"],
  ])("422: %o can't be given %o", async (role, body, path) => {
    const chief = await someone(superAdmin);
    const target = await someone(role);
    expect(await update(chief, target.id, body)).toMatchObject({
      status: 422,
      body: { errors: [{ path }] },
    });
  });
});

describe.each<["disable" | "enable", "active" | "disabled", "active" | "disabled"]>([
  ["disable", "active", "disabled"],
  ["enable", "disabled", "active"],
])("POST /v1/admin-panel/staff/{id}/%s", (endpoint, before, after) => {
  const at = ({ token }: Staffer, id: ObjectId) =>
    call(endpoint, { token, path: { id: id.toHexString() } });

  it("200: does it without a body, and a second time nothing", async () => {
    const admin = await someone(adminWith("support_management"));
    await members.updateOne({ _id: admin.other.id }, { $set: { status: before } });
    expect((await at(admin, admin.other.id)).status).toBe(200);
    expect((await stored(admin.other.id))?.status).toBe(after);
    expect((await at(admin, admin.other.id)).status).toBe(200);
    expect(await eventsOf(admin.other.id)).toMatchObject([{ type: `staff_${endpoint}d` }]);
  });

  it("404: for nobody, and for an admin if the caller is no super admin", async () => {
    const admin = await someone(adminWith("support_management"));
    for (const id of [(await someone(superAdmin)).id, new ObjectId()]) {
      expect((await at(admin, id)).status).toBe(404);
    }
  });
});

describe("POST /v1/admin-panel/staff/{id}/reset-password", () => {
  const reset = ({ token }: Staffer, id: ObjectId) =>
    call("resetPassword", { token, path: { id: id.toHexString() } });

  it("200: gives a password that must be changed before anything else, without the second factor, and ends sessions and locks", async () => {
    const chief = await someone(superAdmin);
    const { staff, id, token } = await someone(supportOf("support"), "active");
    for (let guess = 0; guess < 5; guess += 1) await logIn(staff, { password: "wrong" });
    expect((await logIn(staff)).status).toBe(423);
    const proof = { counted: 5, until: new Date(Date.now() + 3_600_000), open: [] };
    await members.updateOne({ _id: id }, { $set: { proof } });
    const { status, body } = await reset(chief, id);
    expect(status).toBe(200);
    const temporary = body.data.temporary_password;
    expect(temporary).toMatch(/^[\w-]{20}$/);
    expect((await call("supportProfile", { token })).status).toBe(401);

    const login = await logIn(staff, { password: temporary });
    expect(login).toMatchObject({ status: 200, body: { required_action: "change_password" } });
    const session = { token: login.body.session.session_token };
    expect((await call("supportProfile", session)).body.code).toBe("PASSWORD_CHANGE_REQUIRED");
    expect(
      (await call("offerTotp", { ...session, body: { current_password: temporary } })).status,
    ).toBe(403);
    const change = { current_password: temporary, new_password: "quite another secret" };
    expect((await call("password", { ...session, body: change })).status).toBe(200);
    expect((await call("supportProfile", session)).status).toBe(200);
    expect((await eventsOf(id)).map(({ type }) => type)).toContain("staff_password_reset");
    expect(await recordedText()).not.toContain(temporary);
  });

  it("404: for nobody, and for an admin if the caller is no super admin", async () => {
    const admin = await someone(adminWith("support_management"));
    for (const id of [(await someone(superAdmin)).id, new ObjectId()]) {
      expect((await reset(admin, id)).status).toBe(404);
    }
  });

  it("409: for oneself", async () => {
    const chief = await someone(superAdmin);
    expect((await reset(chief, chief.id)).body.code).toBe("NOT_YOURSELF");
  });
});

describe("GET profile and permissions", () => {
  it("200: say who one is and what one may do", async () => {
    const admin = await someone(adminWith("api_usage"), "active");
    expect(await call("adminProfile", { token: admin.token })).toMatchObject({
      status: 200,
      body: { permissions: ["api_usage"], totp_enabled: true, recovery_codes_left: 10 },
    });
    const { token, staff } = await someone(supportOf("advanced"));
    expect(await call("supportProfile", { token })).toMatchObject({
      status: 200,
      body: { username: staff.username, staff_level: "advanced", is_active: true },
    });
    expect((await call("permissions", { token })).body.permissions).toMatchObject({
      can_view_messages: true,
      can_delete_users: false,
    });
    expect((await call("permissions", { token })).body).toMatchObject({
      visible_fields: visibleFields("advanced"),
      editable_fields: editableFields("advanced"),
    });
  });
});

describe("PUT password of staff", () => {
  const change = ({ token }: Staffer, body: object) => call("password", { token, body });
  const good = { current_password: password, new_password: "quite another secret" };

  it("200: changes it, ends all other sessions, and is recorded without it", async () => {
    const who = await someone(superAdmin);
    const login = await logIn(who.staff);
    expect((await change(who, good)).status).toBe(200);
    expect((await call("adminProfile", { token: who.token })).status).toBe(200);
    const other = { token: login.body.session.session_token };
    expect((await call("adminProfile", other)).status).toBe(401);
    expect((await logIn(who.staff)).status).toBe(401);
    expect((await logIn(who.staff, { password: good.new_password })).status).toBe(200);
    expect(await eventsOf(who.id)).toContainEqual(
      expect.objectContaining({
        type: "staff_password_changed",
        actor: { kind: "staff", id: who.id },
      }),
    );
    expect(await recordedText()).not.toContain(good.new_password);
  });

  it("401, then 423: five wrong passwords lock it, though the session is right", async () => {
    const who = await someone(supportOf("new"));
    const wrong = { ...good, current_password: "wrong" };
    for (let guess = 0; guess < 5; guess += 1) {
      expect((await change(who, wrong)).body.code).toBe("WRONG_PASSWORD");
    }
    expect((await change(who, good)).status).toBe(423);
    expect((await eventsOf(who.id))[0]).toMatchObject({
      type: "password_proof_failed",
      actor: { kind: "staff", id: who.id },
    });
  });

  it("422: fewer than 15 characters, unless there is a second factor, and then fewer than 8", async () => {
    const eleven = { ...good, new_password: "eleven char" };
    const bare = await someone(supportOf("new"));
    expect(await change(bare, eleven)).toMatchObject({
      status: 422,
      body: { errors: [{ path: "new_password", message: "Use at least 15 characters." }] },
    });
    const guarded = await someone(supportOf("new"), "active");
    expect((await change(guarded, { ...good, new_password: "sevench" })).status).toBe(422);
    expect((await change(guarded, eleven)).status).toBe(200);
  });

  it("409: a short one, if the second factor beside it is taken away at the same time", async () => {
    const who = await someone(supportOf("new"), "active");
    const hash = runtime.passwords.hash;
    const withoutFactor = {
      ...runtime.passwords,
      hash: async (...given: Parameters<typeof hash>) => {
        await members.updateOne({ _id: who.id }, { $unset: { totp: "" } });
        return hash(...given);
      },
    };
    const changing = changeStaffPassword(
      { members: runtime.members, passwords: withoutFactor, settings: runtime.settings },
      {
        staff: who.staff,
        session: { id: new ObjectId() },
        currentPassword: password,
        newPassword: "eleven char",
        proof: {
          refusal: undefined,
          forgets: [],
          settle: () => {},
          fail: async () => {},
          giveBack: async () => {},
        },
        request: { id: "short", ip: "127.0.0.1", userAgent: undefined },
      },
    );
    await expect(changing).rejects.toMatchObject({ code: "CHANGED_MEANWHILE" });
    expect((await stored(who.id))?.passwordHash).toBe(who.staff.passwordHash);
  });

  it("422: the same password", async () => {
    const who = await someone(superAdmin);
    const { status } = await change(who, { ...good, new_password: password });
    expect(status).toBe(422);
  });
});
