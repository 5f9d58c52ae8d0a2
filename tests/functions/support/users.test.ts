import { describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import { editableFields, supportLevels, visibleFields } from "../../../lib/staff/permissions.ts";
import { UserChanges } from "../../../lib/staff/users/rules.ts";
import { signedIn } from "../../support/accounts.ts";
import { call, db, eventsOf, ledgerOf, type Role, staff, stored } from "../admin-panel/world.ts";

const users = "/v1/support/users/{id}";
const asked = (endpoint: string, id: ObjectId, { as, body }: { as: Role; body?: unknown }) =>
  call(endpoint, {
    token: staff[as].token,
    path: { id: id.toHexString() },
    ...(body !== undefined && { body }),
  });

/** A value for each field that an edit may name. */
const values: Record<string, unknown> = {
  name: "New Name",
  email: "new@example.com",
  about_me: "me",
  hobbies: "none",
  user_type: "Business",
  subscription_plan: "basic",
  credits: { main: 40 },
  limits: { conversation_limit: 40 },
  access_rtype: ["react"],
  level: "high",
  additional_notes: "a note",
  is_active: false,
  is_verified: false,
};

describe.each(supportLevels)("of level %s", (as) => {
  const visible = [...visibleFields(as)].sort();

  it("GET users and users/{id}: 200, with the fields that the level sees and no others", async () => {
    const { account } = await signedIn(db, { notes: "hidden", pendingEmail: "p@example.com" });
    const one = await asked(`GET ${users}`, account._id, { as });
    expect(one.status).toBe(200);
    expect(Object.keys(one.body.user).sort()).toEqual(visible);
    expect(one.body).toMatchObject({ staff_level: as, permissions: { can_view_users: true } });
    const list = await call("GET /v1/support/users", {
      token: staff[as].token,
      query: { email_prefix: account.email },
    });
    expect(list.body).toMatchObject({ staff_level: as, total_count: 1, page: 1, page_size: 50 });
    expect(list.body.users).toEqual([one.body.user]);
  });

  it.each(Object.keys(values))("PUT users/{id}: %s as the table says", async (field) => {
    const { account } = await signedIn(db);
    const value = field === "email" ? `new-${account.email}` : values[field];
    const answer = await asked(`PUT ${users}`, account._id, { as, body: { [field]: value } });
    if (editableFields(as).some((name) => name === field)) {
      expect(answer).toMatchObject({ status: 200, body: { success: true, data: null } });
      expect(await eventsOf(account._id)).toMatchObject([
        {
          type: "user_updated_by_support",
          actor: { kind: "staff", id: staff[as].id },
          details: { staff_level: as },
        },
      ]);
      return;
    }
    expect(answer.status).toBe(403);
    // Below `support` nothing may be changed, so no field is named.
    const named = { code: "FIELDS_NOT_ALLOWED", errors: [{ path: field }] };
    expect(answer.body).toMatchObject(as === "new" ? { code: "PERMISSION_REQUIRED" } : named);
    expect(await stored(account._id)).toEqual(account);
    expect(await eventsOf(account._id)).toEqual([]);
  });
});

describe("PUT /v1/support/users/{id}", () => {
  it("knows every field that an edit may name", () => {
    expect(Object.keys(UserChanges.shape).sort()).toEqual(Object.keys(values).sort());
  });

  it("403: names all that is not allowed, and changes nothing of what is", async () => {
    const { account } = await signedIn(db);
    const body = { email: `x-${account.email}`, name: "New", level: "high", about_me: null };
    const answer = await asked(`PUT ${users}`, account._id, { as: "support", body });
    expect(answer.status).toBe(403);
    expect(answer.body.errors.map(({ path }: { path: string }) => path)).toEqual(["name", "level"]);
    expect(await stored(account._id)).toEqual(account);
  });

  it("403 before 404: whether a user exists is not told with what is not allowed", async () => {
    const body = { name: "New" };
    const answer = await asked(`PUT ${users}`, new ObjectId(), { as: "support", body });
    expect(answer.status).toBe(403);
  });

  it("422: a field that nobody may change", async () => {
    const { account } = await signedIn(db);
    for (const field of ["password", "api_key", "username", "id", "balance"]) {
      const body = { [field]: "x" };
      const answer = await asked(`PUT ${users}`, account._id, { as: "advanced", body });
      expect({ field, status: answer.status }).toEqual({ field, status: 422 });
    }
    expect(await stored(account._id)).toEqual(account);
  });

  it("409: a taken address; 422: a plan that does not exist, and too few credits", async () => {
    const [{ account }, { account: other }] = [await signedIn(db), await signedIn(db)];
    const status = async (body: unknown) =>
      (await asked(`PUT ${users}`, account._id, { as: "advanced", body })).status;
    expect(await status({ email: other.email })).toBe(409);
    expect(await status({ subscription_plan: "gold" })).toBe(422);
    expect(await status({ credits: { main: 0 } })).toBe(422);
    expect(await stored(account._id)).toEqual(account);
  });
});

describe("PUT /v1/support/users/{id}/credits", () => {
  it("200: sets what is left and what is allowed a day, the balance by a ledger entry", async () => {
    const { account } = await signedIn(db);
    const body = { credits: { main: 30 }, limits: { conversation_limit: 25, reset: 20 } };
    const answer = await asked(`PUT ${users}/credits`, account._id, { as: "support", body });
    expect(answer).toMatchObject({
      status: 200,
      body: { success: true, data: { updated_fields: ["limits", "credits"] } },
    });
    expect(await stored(account._id)).toMatchObject({
      balance: 25,
      conversations: { perDay: 20, used: -5 },
      postings: [],
    });
    expect(await ledgerOf(account._id)).toMatchObject([
      { kind: "staff-edit", credits: { balance: 25 } },
    ]);
    expect(await eventsOf(account._id)).toMatchObject([{ type: "user_updated_by_support" }]);
  });

  it.each<[string, unknown]>([
    ["less than the day's allowance has left", { credits: { main: 1 } }],
    ["another field", { credits: { main: 9 }, level: "high" }],
    ["a figure below zero", { limits: { reset: -1 } }],
  ])("422: refuses %s", async (_, body) => {
    const { account } = await signedIn(db);
    const answer = await asked(`PUT ${users}/credits`, account._id, { as: "support", body });
    expect(answer.status).toBe(422);
    expect(await stored(account._id)).toEqual(account);
  });
});

describe("PUT /v1/support/users/{id}/plan", () => {
  it("200: puts the user on the plan, with its figures; 422: on none that there is not", async () => {
    const { account } = await signedIn(db);
    const plan = (name: unknown) =>
      asked(`PUT ${users}/plan`, account._id, {
        as: "support",
        body: { subscription_plan: name },
      });
    expect((await plan("gold")).status).toBe(422);
    expect((await plan(null)).status).toBe(422);
    const fields = async (name: string) => (await plan(name)).body.data.updated_fields;
    expect(await fields("pro")).toEqual(["subscription_plan"]);
    expect(await fields("pro")).toEqual([]);
    expect(await stored(account._id)).toMatchObject({ plan: "pro", allowance: { perDay: 500 } });
    expect(await eventsOf(account._id)).toHaveLength(1);
  });
});

describe("an endpoint about one user", () => {
  it.each<[string, unknown, Role[]]>([
    [`GET ${users}`, undefined, ["new", "support", "advanced"]],
    [`PUT ${users}`, { email: "other@example.com" }, ["support", "advanced"]],
    [`PUT ${users}/credits`, { credits: { main: 50 } }, ["support", "advanced"]],
    [`PUT ${users}/plan`, { subscription_plan: "pro" }, ["support", "advanced"]],
    [`POST ${users}/reset-password`, {}, ["support", "advanced"]],
  ])("%s: 404 for nobody, 403 without the permission, admins included", async (...of) => {
    const [endpoint, body, allowed] = of;
    const { account } = await signedIn(db);
    for (const as of ["new", "support", "advanced", "admin", "super"] as const) {
      const { status } = await asked(endpoint, new ObjectId(), { as, body });
      const expected = allowed.includes(as) ? 404 : 403;
      expect({ as, status }).toEqual({ as, status: expected });
      if (allowed.includes(as)) continue;
      expect((await asked(endpoint, account._id, { as, body })).status).toBe(403);
    }
    expect(await stored(account._id)).toEqual(account);
  });
});
