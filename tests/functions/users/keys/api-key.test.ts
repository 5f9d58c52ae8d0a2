import { describe, expect, it } from "@jest/globals";
import { signedIn } from "../../../support/accounts.ts";
import { ask } from "../../../support/ask.ts";
import { current, db, hashOf, keysOf, longAgo, regenerate, withKey } from "./world.ts";

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
