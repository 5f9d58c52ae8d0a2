import { describe, expect, it } from "@jest/globals";
import { newKey } from "../../../../lib/keys/new-key.ts";
import { ask } from "../../../support/ask.ts";
import { accounts, keysOf, list, longAgo, revoke, tomorrow, withKey } from "./world.ts";

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
