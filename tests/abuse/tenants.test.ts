import { describe, expect, it } from "@jest/globals";
import { wholeService } from "../support/service.ts";
import { staffSamples } from "../support/staff-samples.ts";
import type { Somebody } from "../support/world.ts";

const service = await wholeService();
const { accounts, send } = service;
// Staff may look at others: what it may is in the matrix of callers.
const endpoints = service.endpoints.filter((name) => !(name in staffSamples));

const sampleOf = async (name: string) => {
  const { who, sample } = await service.sampleOf(name);
  return { who: who as Somebody, sample };
};

/** Headers and fields that some services believe when they are told whose account is meant. */
const claims = (victim: string) => ({
  user_id: victim,
  userId: victim,
  account: victim,
  account_id: victim,
  _id: victim,
  id: victim,
});

const own = async (name: string) => (await sampleOf(name)).sample.caller === "session";
const ofSessions: string[] = [];
for (const name of endpoints) if (await own(name)) ofSessions.push(name);
const withIds = ofSessions.filter((name) => name.includes("{"));

describe("one tenant", () => {
  it.each(withIds)("finds nothing at %s under another's ids, and changes nothing", async (name) => {
    const { who: victim, sample } = await sampleOf(name);
    const { who: attacker } = await sampleOf(name);
    const { status, body } = await send(name, attacker, sample);
    expect([status, body.code]).toEqual([404, "NOT_FOUND"]);
    expect(await accounts.findOne({ _id: victim.id })).toEqual(victim.account);
    // The same request is a good one for whom it belongs to.
    expect((await send(name, victim, sample)).status).toBe(sample.status);
  });

  it.each(ofSessions.filter((name) => /^(POST|PUT|DELETE) /.test(name)))(
    "names nobody else in a body to %s",
    async (name) => {
      const { who: victim } = await sampleOf(name);
      const { who: attacker, sample } = await sampleOf(name);
      for (const [field, value] of Object.entries(claims(victim.id.toHexString()))) {
        const body = JSON.stringify({ ...sample.body, [field]: value });
        const { status } = await send(name, attacker, sample, { body });
        // What takes no body at all doesn't look at one.
        expect([field, status]).toEqual([field, sample.body ? 422 : expect.any(Number)]);
      }
      expect(await accounts.findOne({ _id: victim.id })).toEqual(victim.account);
    },
  );

  it.each(ofSessions)("names nobody else in a query to %s", async (name) => {
    const { who: victim } = await sampleOf(name);
    const { who: attacker, sample } = await sampleOf(name);
    const query = { ...sample.query, ...claims(victim.id.toHexString()) };
    const { body } = await send(name, attacker, sample, { query });
    const text = JSON.stringify(body);
    for (const secret of [victim.account.email, victim.account.username, victim.keyId]) {
      expect(text).not.toContain(secret);
    }
    expect(await accounts.findOne({ _id: victim.id })).toEqual(victim.account);
  });
});
