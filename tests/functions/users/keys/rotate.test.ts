import { describe, expect, it } from "@jest/globals";
import type { ObjectId } from "mongodb";
import { ask } from "../../../support/ask.ts";
import { accounts, eventsOf, hashOf, keysOf, list, rotate, tomorrow, withKey } from "./world.ts";

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
