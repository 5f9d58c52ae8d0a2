import { describe, expect, it } from "@jest/globals";
import { newKey } from "../../../../lib/keys/new-key.ts";
import { ask } from "../../../support/ask.ts";
import { accounts, eventsOf, keysOf, list, longAgo, tomorrow, update, withKey } from "./world.ts";

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
