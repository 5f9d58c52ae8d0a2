import { afterEach, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { ObjectId } from "mongodb";
import { ipRulesCollection } from "../../../lib/addresses/document.ts";
import { collections } from "../../../lib/collections.ts";
import { migrate } from "../../../lib/db/migrate.ts";
import { signedIn } from "../../support/accounts.ts";
import { ask } from "../../support/ask.ts";
import { testDatabase } from "../../support/database.ts";
import { loadFunction } from "../../support/functions.ts";
import {
  adminWith,
  type SignedInStaff,
  signedInStaff,
  superAdmin,
  supportOf,
} from "../../support/staff.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, collections);
const env = { MONGODB_URI: uri, MONGODB_DATABASE: name };
const endpoints = {
  list: await loadFunction("admin-panel/ip-rules/list", env),
  create: await loadFunction("admin-panel/ip-rules/create", env),
  update: await loadFunction("admin-panel/ip-rules/update", env),
  delete: await loadFunction("admin-panel/ip-rules/delete", env),
};
const stored = db.collection(ipRulesCollection.name);
const events = db.collection("securityEvents");

let me: SignedInStaff;
beforeAll(async () => {
  me = await signedInStaff(db, adminWith("system_config"));
});
afterEach(async () => {
  await stored.deleteMany({});
  await events.deleteMany({});
});

type Ask = Omit<Parameters<typeof ask>[1] & object, "token">;
const asking =
  (endpoint: keyof typeof endpoints, token = () => me.token) =>
  (asked: Ask = {}) =>
    ask(endpoints[endpoint], { token: token(), ip: "203.0.113.7", ...asked });
const list = asking("list");
const create = asking("create");
const update = asking("update");
const remove = asking("delete");

const deny = { action: "deny", ip_range: "198.51.100.0/24" };
/** A time of the last minute of 9999 somewhere, and of the year 10000 in UTC. */
const tooLate = "9999-12-31T23:59:59-00:01";
const made = async (body: object): Promise<string> => {
  const answer = await create({ body });
  expect(answer.status).toBe(201);
  return answer.body.rule.id;
};
const tomorrow = new Date(Date.now() + 86_400_000).toISOString();

describe("address rules", () => {
  it("201: are made, and 200: listed newest first, with all that was said of them", async () => {
    const { account } = await signedIn(db);
    const bodies = [
      { ...deny, description: "Scans all night", expires_at: tomorrow },
      {
        action: "allow",
        ip_address: "2001:DB8::7",
        scope: "account",
        account_id: account._id.toHexString(),
      },
      { action: "deny", ip_address: "::ffff:9.9.9.9", scope: "staff", is_active: false },
    ];
    for (const body of bodies) await made(body);
    const { status, body } = await list();
    expect(status).toBe(200);
    const own = {
      id: expect.any(String),
      created_by: me.id.toHexString(),
      created_at: expect.any(String),
    };
    expect(body).toEqual({
      rules: [
        {
          ...own,
          action: "deny",
          scope: "staff",
          account_id: null,
          ip_address: "9.9.9.9",
          ip_range: null,
          description: "",
          expires_at: null,
          is_active: false,
          in_force: false,
        },
        {
          ...own,
          action: "allow",
          scope: "account",
          account_id: account._id.toHexString(),
          ip_address: "2001:db8::7",
          ip_range: null,
          description: "",
          expires_at: null,
          is_active: true,
          in_force: true,
        },
        {
          ...own,
          action: "deny",
          scope: "service",
          account_id: null,
          ip_address: null,
          ip_range: "198.51.100.0/24",
          description: "Scans all night",
          expires_at: tomorrow,
          is_active: true,
          in_force: true,
        },
      ],
      total_count: 3,
      page: 1,
      page_size: 50,
    });
  });

  it("200: are listed by page and by what they are", async () => {
    const { account } = await signedIn(db);
    const account_id = account._id.toHexString();
    await made(deny);
    await made({ ...deny, scope: "account", account_id });
    await made({ ...deny, scope: "staff", is_active: false });
    const seen = async (query: Record<string, string>) => {
      const { body } = await list({ query });
      return [body.total_count, ...body.rules.map(({ scope }: { scope: string }) => scope)];
    };
    expect(await seen({ page: "2", page_size: "2" })).toEqual([3, "service"]);
    expect(await seen({ scope: "staff" })).toEqual([1, "staff"]);
    expect(await seen({ account_id })).toEqual([1, "account"]);
    expect(await seen({ is_active: "true" })).toEqual([2, "account", "service"]);
    expect(await seen({ action: "allow" })).toEqual([0]);
  });

  it("200: are changed where they are named, and nothing is written where nothing changes", async () => {
    const id = await made({ ...deny, expires_at: tomorrow });
    const changed = await update({
      path: { id },
      body: { ip_address: "198.51.100.7", description: "One of them", expires_at: null },
    });
    expect(changed.status).toBe(200);
    expect(changed.body.rule).toMatchObject({
      id,
      action: "deny",
      ip_address: "198.51.100.7",
      ip_range: null,
      description: "One of them",
      expires_at: null,
      in_force: true,
    });
    const same = await update({ path: { id }, body: { description: "One of them" } });
    expect(same.body.rule).toEqual(changed.body.rule);
    expect(await stored.findOne()).toMatchObject({ version: 2 });
  });

  it("200: are removed, and 404: are not there then", async () => {
    const id = await made(deny);
    expect((await remove({ path: { id } })).status).toBe(200);
    expect((await list()).body.rules).toEqual([]);
    expect(await remove({ path: { id } })).toMatchObject({
      status: 404,
      body: { code: "NOT_FOUND" },
    });
    expect(await update({ path: { id }, body: {} })).toMatchObject({ status: 404 });
  });

  it("404: have ids of 24 digits", async () => {
    expect(await remove({ path: { id: "42" } })).toMatchObject({ status: 404 });
    expect(await update({ path: { id: "42" }, body: {} })).toMatchObject({ status: 404 });
  });

  it("are written down as security events, with who did it and what was changed", async () => {
    const { account } = await signedIn(db);
    const id = await made({ ...deny, scope: "account", account_id: account._id.toHexString() });
    await update({ path: { id }, body: { is_active: false, description: "off" } });
    await remove({ path: { id } });
    const about = { rule_id: id, action: "deny", scope: "account", range: "198.51.100.0/24" };
    const own = {
      severity: "warning",
      actor: { kind: "staff", id: me.id },
      subject: account._id,
      ip: "203.0.113.7",
    };
    expect(await events.find().toArray()).toMatchObject([
      { ...own, type: "ip_rule_created", details: about },
      {
        ...own,
        type: "ip_rule_updated",
        details: {
          ...about,
          fields: ["description", "is_active"],
          before: { description: "", is_active: true },
          after: { description: "off", is_active: false },
        },
      },
      { ...own, type: "ip_rule_deleted", details: about },
    ]);
  });

  it.each<[string, object, string]>([
    ["no action", { ip_range: "10.0.0.0/8" }, "action"],
    ["no address", { action: "deny" }, "ip_address"],
    ["both kinds of address", { ...deny, ip_address: "1.1.1.1" }, "ip_address"],
    ["a range without its length", { action: "deny", ip_range: "10.0.0.0" }, "ip_range"],
    ["a length that is too long", { action: "deny", ip_range: "10.0.0.0/33" }, "ip_range"],
    ["a range in place of an address", { action: "deny", ip_address: "10.0.0.0/8" }, "ip_address"],
    ["octal numbers", { action: "deny", ip_address: "010.0.0.1" }, "ip_address"],
    ["a zone", { action: "deny", ip_address: "fe80::1%eth0" }, "ip_address"],
    ["too long a description", { ...deny, description: "x".repeat(501) }, "description"],
    ["a control character", { ...deny, description: "\u0000" }, "description"],
    ["an expiry that has passed", { ...deny, expires_at: "2020-01-01T00:00:00Z" }, "expires_at"],
    ["an expiry without a zone", { ...deny, expires_at: "2099-01-01T00:00:00" }, "expires_at"],
    ["an expiry after the year 9999", { ...deny, expires_at: tooLate }, "expires_at"],
    ["an account in another scope", { ...deny, account_id: "0".repeat(24) }, "account_id"],
    ["no account where one is needed", { ...deny, scope: "account" }, "account_id"],
    [
      "an account that nobody has",
      { ...deny, scope: "account", account_id: "0".repeat(24) },
      "account_id",
    ],
    ["an unknown scope", { ...deny, scope: "everybody" }, "scope"],
    ["an unknown field", { ...deny, created_by: "0".repeat(24) }, "created_by"],
  ])("422: are not made with %s", async (_, body, path) => {
    const answer = await create({ body });
    expect(answer).toMatchObject({ status: 422, body: { code: "VALIDATION_FAILED" } });
    expect(answer.body.errors.map((one: { path: string }) => one.path)).toContain(path);
    expect(await stored.countDocuments()).toBe(0);
  });

  it.each<[string, object, string]>([
    ["another scope", { scope: "staff" }, "scope"],
    ["both kinds of address", { ip_address: "1.1.1.1", ip_range: "1.1.1.0/24" }, "ip_address"],
    ["an expiry that has passed", { expires_at: "2020-01-01T00:00:00Z" }, "expires_at"],
    ["an expiry after the year 9999", { expires_at: tooLate }, "expires_at"],
    ["an id", { id: "0".repeat(24) }, "id"],
  ])("422: are not given %s", async (_, body, path) => {
    const id = await made(deny);
    const answer = await update({ path: { id }, body });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path }] } });
  });

  it("422: are not listed by what is no query of theirs", async () => {
    for (const query of [
      { page: "0" },
      { page_size: "101" },
      { scope: "x" },
      { account_id: "1" },
      { q: "" },
    ]) {
      expect(await list({ query: query as Record<string, string> })).toMatchObject({ status: 422 });
    }
  });

  it("400 and 415: are read from JSON alone", async () => {
    const headers = { "Content-Type": "text/plain" };
    expect(await create({ body: deny, headers })).toMatchObject({ status: 415 });
    const { apiEvent, lambdaContext } = await import("../../support/api-event.ts");
    const event = apiEvent({
      method: "POST",
      headers: { Authorization: `Bearer ${me.token}`, "Content-Type": "application/json" },
      body: "{",
    });
    expect(await endpoints.create(event, lambdaContext())).toMatchObject({ statusCode: 400 });
  });
});

describe("a rule that would shut its author out", () => {
  const locked = { status: 409, body: { code: "LOCKS_AUTHOR_OUT", your_address: "203.0.113.7" } };

  it.each<[string, object]>([
    ["denies the author's address", { action: "deny", ip_address: "203.0.113.7" }],
    ["denies it to staff", { action: "deny", ip_range: "203.0.113.0/24", scope: "staff" }],
    ["denies all", { action: "deny", ip_range: "0.0.0.0/0" }],
    ["is the first that allows, and allows others", { action: "allow", ip_range: "10.0.0.0/8" }],
    ["does so to staff", { action: "allow", ip_range: "10.0.0.0/8", scope: "staff" }],
  ])("409: is not made if it %s", async (_, body) => {
    expect(await create({ body })).toMatchObject(locked);
    expect(await stored.countDocuments()).toBe(0);
    expect(await events.countDocuments()).toBe(0);
  });

  it("201: is made for an account, where no staff are", async () => {
    const { account } = await signedIn(db);
    const account_id = account._id.toHexString();
    await made({ action: "deny", ip_address: "203.0.113.7", scope: "account", account_id });
  });

  it("201: is made switched off, and 409: not switched on", async () => {
    const id = await made({ action: "deny", ip_address: "203.0.113.7", is_active: false });
    expect(await update({ path: { id }, body: { is_active: true } })).toMatchObject(locked);
    expect((await list()).body.rules).toMatchObject([{ is_active: false }]);
  });

  it("409: is not made of another by its action or its range", async () => {
    const id = await made({ action: "allow", ip_address: "203.0.113.7" });
    expect(await update({ path: { id }, body: { action: "deny" } })).toMatchObject(locked);
    expect(await update({ path: { id }, body: { ip_address: "1.1.1.1" } })).toMatchObject(locked);
  });

  it("409: is left by no removal of the one that allows the author", async () => {
    const mine = await made({ action: "allow", ip_address: "203.0.113.7" });
    const other = await made({ action: "allow", ip_range: "10.0.0.0/8" });
    expect(await remove({ path: { id: mine } })).toMatchObject(locked);
    expect(await update({ path: { id: mine }, body: { is_active: false } })).toMatchObject(locked);
    // The last one may go: without any, everybody is let in.
    expect((await remove({ path: { id: other } })).status).toBe(200);
    expect((await remove({ path: { id: mine } })).status).toBe(200);
  });

  it("409: is not made for later, and says from when it would", async () => {
    await made({ action: "allow", ip_address: "203.0.113.7", expires_at: tomorrow });
    const answer = await create({ body: { action: "allow", ip_range: "10.0.0.0/8" } });
    expect(answer).toMatchObject(locked);
    expect(answer.body.shut_out_from).toBe(tomorrow);
  });

  it("is judged by the address that the gateway saw, whatever the author says", async () => {
    const headers = { "X-Forwarded-For": "1.1.1.1" };
    const body = { action: "deny", ip_address: "203.0.113.7" };
    expect(await create({ body, headers })).toMatchObject(locked);
    expect(
      await create({ body: { action: "deny", ip_address: "1.1.1.1" }, headers }),
    ).toMatchObject({ status: 201 });
  });

  it("is not made of two at the same time", async () => {
    const ids = [
      await made({ action: "allow", ip_address: "203.0.113.7" }),
      await made({ action: "allow", ip_range: "203.0.113.0/24" }),
    ];
    await made({ action: "allow", ip_range: "10.0.0.0/8" });
    const answers = await Promise.all(ids.map((id) => remove({ path: { id } })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });
});

describe("many rules", () => {
  const filled = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      id: new ObjectId(),
      action: "deny",
      scope: "service",
      range: {
        from: index.toString(16).padStart(32, "0"),
        to: index.toString(16).padStart(32, "0"),
      },
      description: "",
      active: true,
      createdBy: new ObjectId(),
      createdAt: new Date(),
    }));

  it("409: are at most 1,000, also when many are made at once", async () => {
    await stored.insertOne({
      _id: "service" as unknown as ObjectId,
      version: 1,
      rules: filled(998),
      updatedAt: new Date(),
    });
    const answers = await Promise.all(Array.from({ length: 5 }, () => create({ body: deny })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe("RULE_LIMIT_REACHED");
    expect((await list()).body.total_count).toBe(1_000);
  });

  it("lose none that are made at once", async () => {
    const bodies = Array.from({ length: 6 }, (_, index) => ({
      ...deny,
      ip_range: `198.51.${index}.0/24`,
    }));
    const answers = await Promise.all(bodies.map((body) => create({ body })));
    const done = answers.filter(({ status }) => status === 201);
    expect((await list()).body.total_count).toBe(done.length);
    expect(await events.countDocuments({ type: "ip_rule_created" })).toBe(done.length);
    expect(done.length).toBeGreaterThan(1);
  });

  it("409: give up after losing again and again", async () => {
    const { changeRules } = await import("../../../lib/addresses/change-rules.ts");
    const pause = jest.fn(async () => undefined);
    const addressRules = {
      all: async () => ({ version: 1, rules: [] }),
      replace: async () => false,
    };
    const author = {
      staff: { _id: me.id },
      now: new Date(),
      request: { id: "request", ip: "203.0.113.7", userAgent: undefined },
    };
    const change = changeRules({ addressRules, pause }, author, (rules) => ({
      rules,
      event: {} as never,
    }));
    await expect(change).rejects.toMatchObject({ code: "CHANGED_MEANWHILE", retryAfter: 1 });
    expect(pause).toHaveBeenCalledTimes(10);
  });
});

describe("who may see and change address rules", () => {
  const id = "0".repeat(24);
  const asked = {
    list: {},
    create: { body: deny },
    update: { path: { id }, body: {} },
    delete: { path: { id } },
  };
  const names = Object.keys(asked) as (keyof typeof asked)[];

  it.each(names)("401: nobody without a token or with a user's, at %s", async (name) => {
    const { tokens } = await signedIn(db);
    expect(await ask(endpoints[name], asked[name])).toMatchObject({ status: 401 });
    const token = tokens.session_token;
    expect(await ask(endpoints[name], { token, ...asked[name] })).toMatchObject({ status: 401 });
  });

  it.each(names)(
    "403: no support staff, and no admin without system_config, at %s",
    async (name) => {
      const others = [supportOf("advanced"), adminWith("user_management", "security_logs")];
      for (const role of others) {
        const { token } = await signedInStaff(db, role);
        const answer = await ask(endpoints[name], { token, ...asked[name] });
        expect(answer).toMatchObject({
          status: 403,
          body: { required_permission: "system_config" },
        });
      }
    },
  );

  it("200: a super admin", async () => {
    const { token } = await signedInStaff(db, superAdmin);
    expect(await ask(endpoints.list, { token })).toMatchObject({ status: 200 });
  });
});
