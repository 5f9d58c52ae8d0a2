import { describe, expect, it, jest } from "@jest/globals";
import { useStack } from "./use-stack.ts";

jest.setTimeout(120_000);

const { stack, ask } = useStack();

describe("the first admin, support and a user, from end to end", () => {
  it("found, put on a plan, given credits, suspended, and refused; all of it in the security log", async () => {
    const { admin, demoUser } = stack();
    if (!admin || !demoUser) throw new Error("the stack has seeded nobody");
    const { username, password } = admin;
    const login = await ask("POST", "/admin-panel/login", { body: { username, password } });
    expect(login.status).toBe(200);
    const adminToken: string = login.body.session.session_token;

    const helper = {
      username: "helper",
      name: "Some Helper",
      email: "helper@example.com",
      password: "a long way to Tipperary",
      staff_level: "support",
    };
    const made = await ask("POST", "/support/create", { token: adminToken, body: helper });
    expect(made.status).toBe(200);
    const first = await ask("POST", "/support/login", {
      body: { username: helper.username, password: helper.password },
    });
    expect(first.status).toBe(200);
    // Whoever made the account knows the password, so it must be changed before anything else.
    const changed = await ask("PUT", "/support/password", {
      token: first.body.session.session_token,
      body: { current_password: helper.password, new_password: "another way to Tipperary" },
    });
    expect(changed.status).toBe(200);
    const again = await ask("POST", "/support/login", {
      body: { username: helper.username, password: "another way to Tipperary" },
    });
    const support: string = again.body.session.session_token;

    const found = await ask("GET", `/support/users?search=${encodeURIComponent(demoUser.email)}`, {
      token: support,
    });
    expect(found).toMatchObject({ status: 200, body: { total_count: 1, staff_level: "support" } });
    const [user] = found.body.users;
    expect(user).toMatchObject({ email: demoUser.email, subscription_plan: "free" });
    expect(user.about_me).toBeUndefined();

    const plan = await ask("PUT", `/support/users/${user.id}/plan`, {
      token: support,
      body: { subscription_plan: "pro" },
    });
    expect(plan).toMatchObject({ status: 200 });
    const grant = { amount: 250, reason: "sorry for the outage" };
    const credits = () =>
      ask("POST", `/admin-panel/users/${user.id}/credits`, {
        token: adminToken,
        body: grant,
        key: "outage",
      });
    expect((await credits()).body.data).toMatchObject({ amount: 250, replayed: false });
    expect((await credits()).body.data).toMatchObject({ amount: 250, replayed: true });
    const audit = await ask("GET", `/admin-panel/users/${user.id}/audit`, { token: adminToken });
    expect(audit.body).toMatchObject({ verdict: "agrees", balance: 250 });

    const models = () => ask("GET", "/models", { token: demoUser.apiKey });
    expect((await models()).status).toBe(200);
    const suspended = await ask("POST", `/admin-panel/users/${user.id}/suspend`, {
      token: adminToken,
      body: { reason: "key was published" },
    });
    expect(suspended.status).toBe(200);
    expect(await models()).toMatchObject({
      status: 403,
      body: { error: { code: "ACCOUNT_SUSPENDED" } },
    });

    const log = await ask("GET", `/admin-panel/security-logs?user_id=${user.id}`, {
      token: adminToken,
    });
    const types = log.body.logs.map((one: { event_type: string }) => one.event_type);
    expect(types.slice(0, 3)).toEqual([
      "user_suspended",
      "credits_granted",
      "user_updated_by_support",
    ]);
    expect(log.body.logs[1]).toMatchObject({ details: { ...grant }, actor: { kind: "staff" } });
    const all = await ask("GET", "/admin-panel/security-logs", { token: adminToken });
    const everything = all.body.logs.map((one: { event_type: string }) => one.event_type);
    expect(everything).toEqual(
      expect.arrayContaining([
        "admin_created",
        "admin_login_successful",
        "support_staff_created",
        "support_login_successful",
        "staff_password_changed",
      ]),
    );
    const said = JSON.stringify(all.body);
    for (const secret of [password, helper.password, demoUser.apiKey, adminToken, support]) {
      expect(said).not.toContain(secret);
    }
  });
});
