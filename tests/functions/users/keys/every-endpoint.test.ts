import { describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import { ask } from "../../../support/ask.ts";
import { commandsOf } from "../../../support/commands.ts";
import { database, endpoints, eventsOf, keysOf, names, settings, withKey } from "./world.ts";

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

  it.each(["GET api-key", "GET keys"] as const)(
    "%s: takes one round trip, and one for its usage event",
    async (endpoint) => {
      const { token } = await withKey();
      await settings.current();
      const commands = await commandsOf(database, () =>
        ask(endpoints[endpoint].handler, { token }),
      );
      expect(commands).toEqual(["findAndModify", "bulkWrite"]);
    },
  );
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
