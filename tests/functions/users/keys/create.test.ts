import { describe, expect, it } from "@jest/globals";
import { parseToken } from "../../../../lib/security/token.ts";
import { signedIn } from "../../../support/accounts.ts";
import { ask } from "../../../support/ask.ts";
import { create, db, eventsOf, hashOf, keysOf, list } from "./world.ts";

describe("POST /v1/users/keys", () => {
  it("201: makes a key with every scope and no limit, and shows it once", async () => {
    const { account, tokens } = await signedIn(db);
    const token = tokens.session_token;
    const { status, body } = await ask(create, { token, body: { name: "  ci  " } });
    expect(status).toBe(201);
    expect(body.key).toMatchObject({
      name: "ci",
      scopes: ["chat", "batch", "usage:read"],
      expires_at: null,
      allowed_addresses: null,
      credit_limit: null,
      credits_used: 0,
    });
    expect(parseToken("key", body.api_key)).toMatchObject({
      accountId: account._id.toHexString(),
      id: body.key.id,
    });
    const [stored] = await keysOf(account._id);
    expect(stored?.secrets).toEqual([{ hash: hashOf(body.api_key) }]);
    expect(JSON.stringify(stored)).not.toContain(body.api_key);
    const listed = await ask(list, { token });
    expect(listed.body.keys).toEqual([body.key]);
    expect(JSON.stringify(listed.body)).not.toContain(body.api_key);
  });

  it("201: makes a key with limits of its own", async () => {
    const { account, tokens } = await signedIn(db);
    const { status, body } = await ask(create, {
      token: tokens.session_token,
      body: {
        name: "reader",
        scopes: ["usage:read"],
        expires_at: "2099-01-01T01:00:00+01:00",
        allowed_addresses: ["192.0.2.7", "2001:db8::1/48"],
        credit_limit: 0,
      },
    });
    expect(status).toBe(201);
    expect(body.key).toMatchObject({
      scopes: ["usage:read"],
      expires_at: "2099-01-01T00:00:00.000Z",
      allowed_addresses: ["192.0.2.7", "2001:db8::/48"],
      credit_limit: 0,
    });
    expect(await keysOf(account._id)).toMatchObject([
      { expiresAt: new Date("2099-01-01"), cap: { limit: 0, used: 0 }, allow: [{}, {}] },
    ]);
  });

  it.each<[string, object, string]>([
    ["no name", {}, "name"],
    ["a blank name", { name: "   " }, "name"],
    ["a name with a control character", { name: "a\u0000b" }, "name"],
    ["a name of 51 characters", { name: "n".repeat(51) }, "name"],
    ["no scope", { name: "ci", scopes: [] }, "scopes"],
    ["an unknown scope", { name: "ci", scopes: ["admin"] }, "scopes[0]"],
    ["a scope twice", { name: "ci", scopes: ["chat", "chat"] }, "scopes"],
    ["an expiry that has passed", { name: "ci", expires_at: "2020-01-01T00:00:00Z" }, "expires_at"],
    ["an expiry without a zone", { name: "ci", expires_at: "2099-01-01T00:00:00" }, "expires_at"],
    ["an expiry after 9999", { name: "ci", expires_at: "9999-12-31T23:59:59-00:01" }, "expires_at"],
    ["an address that is none", { name: "ci", allowed_addresses: ["any"] }, "allowed_addresses[0]"],
    ["an empty list of addresses", { name: "ci", allowed_addresses: [] }, "allowed_addresses"],
    ["a fraction of a credit", { name: "ci", credit_limit: 0.5 }, "credit_limit"],
    ["a negative limit", { name: "ci", credit_limit: -1 }, "credit_limit"],
    ["an unknown field", { name: "ci", admin: true }, "admin"],
  ])("422: refuses %s, and names the field", async (_, body, path) => {
    const { account, tokens } = await signedIn(db);
    const answer = await ask(create, { token: tokens.session_token, body });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path }] } });
    expect(await keysOf(account._id)).toEqual([]);
  });

  it("409: never makes more than 20, however many are asked for at once", async () => {
    const { account, tokens } = await signedIn(db);
    const token = tokens.session_token;
    const answers = await Promise.all(
      Array.from({ length: 25 }, () => ask(create, { token, body: { name: "many" } })),
    );
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    expect([count(201), count(409)]).toEqual([20, 5]);
    expect(await keysOf(account._id)).toHaveLength(20);
    expect(await eventsOf(account._id)).toHaveLength(20);
    expect((await ask(create, { token, body: { name: "more" } })).body.code).toBe(
      "KEY_LIMIT_REACHED",
    );
  });
});
