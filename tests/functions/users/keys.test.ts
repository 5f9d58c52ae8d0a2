import { describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import {
  accountsCollection,
  type StoredAccount,
  type StoredKey,
} from "../../../lib/accounts/document.ts";
import { collections } from "../../../lib/collections.ts";
import { migrate } from "../../../lib/db/migrate.ts";
import { newKey } from "../../../lib/keys/new-key.ts";
import { parseToken } from "../../../lib/security/token.ts";
import { signedIn } from "../../support/accounts.ts";
import { ask } from "../../support/ask.ts";
import { commandsOf, monitored } from "../../support/commands.ts";
import { testDatabase } from "../../support/database.ts";
import { loadFunction } from "../../support/functions.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, collections);
const accounts = db.collection<StoredAccount>(accountsCollection.name);

const env = { MONGODB_URI: monitored(uri), MONGODB_DATABASE: name };
const current = await loadFunction("users/keys/current", env);
const regenerate = await loadFunction("users/keys/regenerate", env);
const list = await loadFunction("users/keys/list", env);
const create = await loadFunction("users/keys/create", env);
const update = await loadFunction("users/keys/update", env);
const rotate = await loadFunction("users/keys/rotate", env);
const revoke = await loadFunction("users/keys/revoke", env);
const { database, settings } = await import("../../../lib/runtime.ts");

const keysOf = async (_id: ObjectId) => (await accounts.findOne({ _id }))?.keys ?? [];
const eventsOf = (subject: ObjectId) => db.collection("securityEvents").find({ subject }).toArray();
const hashOf = (text: string) => parseToken("key", text)?.hash;
const longAgo = new Date(Date.now() - 60_000);
const tomorrow = new Date(Date.now() + 86_400_000);

/** Somebody with one key, signed in. */
async function withKey(changes: Partial<StoredKey> = {}, account: Partial<StoredAccount> = {}) {
  const _id = new ObjectId();
  const made = newKey({ accountId: _id, now: longAgo, name: "default", scopes: ["chat"] });
  const key = { ...made.stored, ...changes };
  const { tokens } = await signedIn(db, { ...account, _id, keys: [key] });
  return { _id, key, text: made.text, id: key.id.toHexString(), token: tokens.session_token };
}

/** Handlers by name, with what else each needs to be asked. */
const endpoints = {
  "GET api-key": { handler: current },
  "POST api-key/regenerate": { handler: regenerate },
  "GET keys": { handler: list },
  "POST keys": { handler: create, body: { name: "ci" } },
  "PUT keys/{id}": { handler: update, body: { name: "ci" } },
  "POST keys/{id}/rotate": { handler: rotate, body: {} },
  "DELETE keys/{id}": { handler: revoke },
};
type Named = keyof typeof endpoints;
const names = Object.keys(endpoints) as Named[];

describe("every endpoint of keys", () => {
  it.each(names)("%s: 401 without a session", async (endpoint) => {
    const { handler, ...asked } = endpoints[endpoint];
    const id = new ObjectId().toHexString();
    expect(await ask(handler, { ...asked, path: { id }, token: "pes_none" })).toMatchObject({
      status: 401,
      body: { code: "SESSION_INVALID" },
    });
  });

  it.each(names.filter((endpoint) => endpoint.includes("{id}")))(
    "%s: 404 for another account's key, an unknown one, and what is no id",
    async (endpoint) => {
      const { handler, ...asked } = endpoints[endpoint];
      const mine = await withKey();
      const theirs = await withKey();
      for (const id of [theirs.id, new ObjectId().toHexString(), "default", "$id"]) {
        const answer = await ask(handler, { ...asked, path: { id }, token: mine.token });
        expect([id, answer.status]).toEqual([id, 404]);
      }
      expect(await keysOf(theirs._id)).toEqual([theirs.key]);
      expect(await eventsOf(mine._id)).toEqual([]);
    },
  );

  it.each(names.filter((endpoint) => !endpoint.startsWith("GET")))(
    "%s: takes two round trips, and leaves one security event without a secret",
    async (endpoint) => {
      const { handler, ...asked } = endpoints[endpoint];
      const { _id, id, token } = await withKey();
      await settings.current();
      const commands = await commandsOf(database, () =>
        ask(handler, { ...asked, path: { id }, token }),
      );
      expect(commands).toEqual(["findAndModify", "bulkWrite"]);
      const events = await eventsOf(_id);
      expect(events).toMatchObject([
        { type: expect.stringMatching(/^api_key_/), severity: "info", ip: "203.0.113.7" },
      ]);
      expect(JSON.stringify(events)).not.toMatch(/pe_\w{6}|[0-9a-f]{64}/);
    },
  );

  it.each(["GET api-key", "GET keys"] as const)("%s: takes one round trip", async (endpoint) => {
    const { token } = await withKey();
    await settings.current();
    const commands = await commandsOf(database, () => ask(endpoints[endpoint].handler, { token }));
    expect(commands).toEqual(["findAndModify"]);
  });
});

describe("GET /v1/users/api-key", () => {
  it("200: shows the first key masked, and how to make a new one", async () => {
    const { token, text } = await withKey();
    const { status, body } = await ask(current, { token });
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      message: expect.stringContaining("/v1/users/api-key/regenerate"),
      api_key: expect.stringMatching(/^pe_.{4}….{4}$/),
    });
    expect(text.startsWith(body.api_key.slice(0, 7))).toBe(true);
    expect(text.endsWith(body.api_key.slice(-4))).toBe(true);
  });

  it("404: without a key, or with none that still lives", async () => {
    for (const keys of [[], [(await withKey({ expiresAt: longAgo })).key]]) {
      const { tokens } = await signedIn(db, { keys });
      const answer = await ask(current, { token: tokens.session_token });
      expect(answer).toMatchObject({ status: 404, body: { code: "API_KEY_MISSING" } });
    }
  });
});

describe("POST /v1/users/api-key/regenerate", () => {
  it("200: gives a new key, and the old one ends at once", async () => {
    const { _id, key, token, text } = await withKey();
    const { status, body } = await ask(regenerate, { token });
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      message: expect.any(String),
      api_key: expect.stringMatching(/^pe_/),
    });
    expect(body.api_key).not.toBe(text);
    const [stored] = await keysOf(_id);
    expect(stored?.id).toEqual(key.id);
    expect(stored?.secrets[0]).toEqual({ hash: hashOf(body.api_key) });
    expect(stored?.secrets[1]?.hash).toBe(hashOf(text));
    expect(stored?.secrets[1]?.until?.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it("200: makes a key if there is none", async () => {
    const { account, tokens } = await signedIn(db);
    const { body } = await ask(regenerate, { token: tokens.session_token });
    expect(await keysOf(account._id)).toMatchObject([
      { name: "First key", secrets: [{ hash: hashOf(body.api_key) }] },
    ]);
  });

  it("422: an Idempotency-Key that is none", async () => {
    const { token } = await withKey();
    const answer = await ask(regenerate, { token, headers: { "Idempotency-Key": "ü" } });
    expect(answer).toMatchObject({
      status: 422,
      body: { errors: [{ path: "Idempotency-Key" }] },
    });
  });
});

describe("GET /v1/users/keys", () => {
  it("200: lists keys, masked, with what each may do", async () => {
    const { token, id, key } = await withKey({
      expiresAt: tomorrow,
      allow: [
        {
          from: "00000000000000000000ffff0a000000",
          to: "00000000000000000000ffff0affffff",
        },
      ],
      cap: { limit: 10, used: 3 },
    });
    expect(await ask(list, { token })).toMatchObject({
      status: 200,
      body: {
        success: true,
        keys: [
          {
            id,
            name: "default",
            masked_key: key.masked,
            scopes: ["chat"],
            created_at: key.createdAt.toISOString(),
            expires_at: tomorrow.toISOString(),
            allowed_addresses: ["10.0.0.0/8"],
            credit_limit: 10,
            credits_used: 3,
            previous_valid_until: null,
          },
        ],
      },
    });
  });
});

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

describe("PUT /v1/users/keys/{id}", () => {
  it("200: changes only what is named", async () => {
    const { _id, key, id, token } = await withKey({ cap: { limit: 10, used: 3 } });
    const other = newKey({ accountId: _id, now: longAgo, name: "other", scopes: ["batch"] }).stored;
    await accounts.updateOne({ _id }, { $push: { keys: { $each: [other], $position: 0 } } });
    const answer = await ask(update, { token, path: { id }, body: { name: "renamed" } });
    expect(answer).toMatchObject({ status: 200, body: { key: { id, name: "renamed" } } });
    expect(await keysOf(_id)).toEqual([other, { ...key, name: "renamed" }]);
  });

  it("200: sets limits, and null takes them away; what was spent stays", async () => {
    const { _id, key, id, token } = await withKey({ cap: { limit: 10, used: 3 } });
    const limits = {
      scopes: ["batch"],
      expires_at: tomorrow.toISOString(),
      allowed_addresses: ["10.0.0.0/8"],
      credit_limit: 5,
    };
    const set = await ask(update, { token, path: { id }, body: limits });
    expect(set.body.key).toMatchObject({ ...limits, credits_used: 3 });
    expect(await keysOf(_id)).toMatchObject([
      { scopes: ["batch"], expiresAt: tomorrow, cap: { limit: 5, used: 3 } },
    ]);
    expect((await ask(list, { token })).body.keys).toEqual([set.body.key]);

    const none = { expires_at: null, allowed_addresses: null, credit_limit: null };
    const taken = await ask(update, { token, path: { id }, body: none });
    expect(taken.body.key).toMatchObject(none);
    const { cap: _, ...unlimited } = key;
    expect(await keysOf(_id)).toEqual([{ ...unlimited, scopes: ["batch"] }]);
  });

  it("200: a first limit begins at nothing spent", async () => {
    const { _id, id, token } = await withKey();
    await ask(update, { token, path: { id }, body: { credit_limit: 5 } });
    expect(await keysOf(_id)).toMatchObject([{ cap: { limit: 5, used: 0 } }]);
  });

  it("200: nothing named changes nothing and is no event", async () => {
    const { _id, key, id, token } = await withKey();
    expect((await ask(update, { token, path: { id }, body: {} })).status).toBe(200);
    expect(await keysOf(_id)).toEqual([key]);
    expect(await eventsOf(_id)).toEqual([]);
  });

  it("422: refuses an expiry that has passed", async () => {
    const { id, token } = await withKey();
    const body = { expires_at: longAgo.toISOString() };
    expect((await ask(update, { token, path: { id }, body })).status).toBe(422);
  });
});

describe("POST /v1/users/keys/{id}/rotate", () => {
  const rotated = (token: string, id: string, overlap = 0, idempotencyKey?: string) =>
    ask(rotate, {
      token,
      path: { id },
      body: { overlap_seconds: overlap },
      ...(idempotencyKey !== undefined && { headers: { "Idempotency-Key": idempotencyKey } }),
    });
  const secretsOf = async (id: ObjectId) => (await keysOf(id))[0]?.secrets ?? [];

  it("200: the key keeps its id and what it may do; the secret before lives for the overlap", async () => {
    const { _id, key, id, token, text } = await withKey({ cap: { limit: 10, used: 3 } });
    const { status, body } = await rotated(token, id, 3_600);
    expect(status).toBe(200);
    expect(body.key).toMatchObject({ id, name: "default", credit_limit: 10, credits_used: 3 });
    const until = new Date(body.key.previous_valid_until);
    expect(Math.round((until.getTime() - Date.now()) / 60_000)).toBe(60);
    expect(await keysOf(_id)).toEqual([
      {
        ...key,
        masked: body.key.masked_key,
        secrets: [{ hash: hashOf(body.api_key) }, { hash: hashOf(text), until }],
      },
    ]);
    expect((await ask(list, { token })).body.keys).toEqual([body.key]);
  });

  it("200: the secret before never outlives the key", async () => {
    const { _id, id, token } = await withKey({ expiresAt: tomorrow });
    const { body } = await rotated(token, id, 7 * 86_400);
    expect(body.key.previous_valid_until).toBe(tomorrow.toISOString());
    expect((await secretsOf(_id))[1]?.until).toEqual(tomorrow);
  });

  it("200: without an overlap every secret before ends at once", async () => {
    const { _id, id, token } = await withKey();
    await rotated(token, id, 3_600);
    const { body } = await rotated(token, id);
    expect(body.key.previous_valid_until).toBeNull();
    const [own, ...former] = await secretsOf(_id);
    expect(own).toEqual({ hash: hashOf(body.api_key) });
    expect(former).toHaveLength(2);
    for (const { until } of former) expect(until?.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it("200: a second overlap makes none before it longer", async () => {
    const { _id, id, token } = await withKey();
    await rotated(token, id, 60);
    const [, first] = await secretsOf(_id);
    await rotated(token, id, 3_600);
    expect((await secretsOf(_id))[2]).toEqual(first);
  });

  it("200: keeps the last two secrets before, so that the account stays small", async () => {
    const { _id, id, token } = await withKey();
    for (let time = 0; time < 5; time += 1) await rotated(token, id, 3_600);
    expect(await secretsOf(_id)).toHaveLength(3);
  });

  it("200: the same Idempotency-Key gives the same key again, and rotates once", async () => {
    const { _id, id, token } = await withKey();
    const first = await rotated(token, id, 0, "lost the answer");
    const again = await rotated(token, id, 0, "lost the answer");
    expect(again.status).toBe(200);
    expect(again.body.api_key).toBe(first.body.api_key);
    expect(await secretsOf(_id)).toHaveLength(2);
    expect(await eventsOf(_id)).toHaveLength(1);
    expect((await rotated(token, id, 0, "another")).body.api_key).not.toBe(first.body.api_key);
  });

  it("200: the same Idempotency-Key at once rotates once", async () => {
    const { _id, id, token } = await withKey();
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => rotated(token, id, 60, "impatient")),
    );
    expect(new Set(answers.map(({ body }) => body.api_key)).size).toBe(1);
    expect(await secretsOf(_id)).toHaveLength(2);
  });

  it("200: the same Idempotency-Key long after rotates again, never back to a secret that was", async () => {
    const { _id, id, token } = await withKey();
    const first = await rotated(token, id, 0, "k");
    const ended = new Date(Date.now() - 11 * 60_000);
    await accounts.updateOne({ _id }, { $set: { "keys.0.secrets.1.until": ended } });
    const second = await rotated(token, id, 0, "k");
    await rotated(token, id, 0, "other");
    const third = await rotated(token, id, 0, "k");
    const texts = [first, second, third].map(({ body }) => body.api_key);
    expect(new Set(texts).size).toBe(3);
  });

  it.each<[string, unknown]>([
    ["a negative overlap", -1],
    ["an overlap of more than a week", 604_801],
    ["a text", "60"],
  ])("422: refuses %s", async (_, overlap) => {
    const { id, token } = await withKey();
    const body = { overlap_seconds: overlap };
    expect((await ask(rotate, { token, path: { id }, body })).status).toBe(422);
  });
});

describe("DELETE /v1/users/keys/{id}", () => {
  it("200: ends that key and no other", async () => {
    const { _id, id, token } = await withKey();
    const other = newKey({ accountId: _id, now: longAgo, name: "other", scopes: ["batch"] }).stored;
    await accounts.updateOne({ _id }, { $push: { keys: other } });
    expect(await ask(revoke, { token, path: { id } })).toMatchObject({
      status: 200,
      body: { success: true, data: null },
    });
    expect(await keysOf(_id)).toEqual([other]);
    expect((await ask(revoke, { token, path: { id } })).status).toBe(404);
  });
});

describe("an account whose address is not verified, where that is required", () => {
  it.each([
    "GET api-key",
    "POST api-key/regenerate",
    "POST keys",
    "POST keys/{id}/rotate",
  ] as const)("403: %s", async (endpoint) => {
    const { handler, ...asked } = endpoints[endpoint];
    const { _id, key, id, token } = await withKey({}, { verified: false });
    const required = { ...(await settings.current()) };
    required.verification = { ...required.verification, required: true };
    const { current: read } = settings;
    settings.current = async () => required;
    try {
      expect(await ask(handler, { ...asked, path: { id }, token })).toMatchObject({
        status: 403,
        body: { code: "EMAIL_NOT_VERIFIED" },
      });
    } finally {
      settings.current = read;
    }
    expect(await keysOf(_id)).toEqual([key]);
  });
});
