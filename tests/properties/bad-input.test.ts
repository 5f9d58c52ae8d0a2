import { describe, expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import { ObjectId } from "mongodb";
import type { StoredAccount } from "../../lib/accounts/document.ts";
import { makeToken } from "../../lib/security/token.ts";
import { type Sample, samples } from "../support/samples.ts";
import { type Changes, wholeService } from "../support/service.ts";
import { staffSamples } from "../support/staff-samples.ts";
import { badBodies, badValues } from "./bad-values.ts";

jest.setTimeout(120_000);

const { endpoints: names, sampleOf, send, storedOf, endSessions } = await wholeService();

/** Statuses of callers' mistakes that the contract names. */
const mistakes = [400, 401, 403, 404, 409, 412, 413, 415, 422, 423, 429];

/** Sent at once, each by somebody of its own. */
const atOnce = 10;

type Case = [what: string, changes: (sample: Sample) => Changes];

type Asker = Awaited<ReturnType<typeof sampleOf>>;

/**
 * Sends bad requests. Each gets a documented 4xx and leaves the account as it was, or is good after
 * all and gets the success. Who was left as before sends the next one too.
 */
async function expectRefused(name: string, cases: Case[]) {
  const waiting = cases.values();
  const sendAll = async () => {
    let asker: Asker | undefined;
    for (const one of waiting) {
      asker ??= await sampleOf(name);
      if (!(await expectOneRefused(name, asker, one))) asker = undefined;
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, cases.length) }, sendAll));
}

/** @returns whether everything is as it was before */
async function expectOneRefused(
  name: string,
  { who, sample }: Asker,
  [what, changes]: Case,
): Promise<boolean> {
  const { status, body } = await send(name, who, sample, changes(sample));
  if (status === sample.status) return false;
  if (!mistakes.includes(status)) throw new Error(`${what}: ${status} ${body.code}`);
  expect(body).toMatchObject({
    code: expect.stringMatching(/^[A-Z_]+$/),
    success: false,
    message: expect.any(String),
  });
  const { proof, ...stored }: Partial<StoredAccount> = (await storedOf(who)) ?? {};
  // A wrong password, or second factor, of who is signed in is a proof that counts; no other keeps its place.
  const wrong = ["WRONG_PASSWORD", "INVALID_CREDENTIALS"].includes(body.code);
  const failed = wrong && !name.endsWith("/login");
  expect({ what, proof }).toEqual({ what, proof: failed ? oneFailed : undefined });
  if (who.home === "staff") {
    const user = await storedOf(who.user);
    const before = { what, stored: who.account, user: who.user.account };
    expect({ what, stored, user }).toEqual(before);
    return !proof;
  }
  const { codes, ...after } = stored;
  const { codes: before, ...account } = who.account;
  expect({ what, after }).toEqual({ what, after: account });
  // A wrong code is a try that counts.
  const tried = before.verification && { ...before.verification, tries: 1 };
  const counted = { what, codes: { ...before, verification: tried } };
  expect([{ what, codes: before }, counted]).toContainEqual({ what, codes });
  return codes?.verification?.tries !== 1 && !proof;
}

const oneFailed = { counted: 1, until: expect.any(Date), open: [] };

describe("the requests of tests/support/samples.ts", () => {
  it("are those of every endpoint", () => {
    expect(Object.keys({ ...samples, ...staffSamples }).sort()).toEqual([...names].sort());
  });

  it.each(names)("%s succeeds", async (name) => {
    const { who, sample } = await sampleOf(name);
    expect(await send(name, who, sample)).toMatchObject({ status: sample.status });
  });
});

const inNeedOf = async (caller: Sample["caller"]) => {
  const found: string[] = [];
  for (const name of names) {
    if ((await sampleOf(name)).sample.caller === caller) found.push(name);
  }
  return found;
};
const guarded = await inNeedOf("session");

describe("a request without a good session", () => {
  it.each(guarded)("%s: 401, and nothing changes", async (name) => {
    const { who, sample } = await sampleOf(name);
    const ids = { accountId: who.id.toHexString(), id: who.session.id.toHexString() };
    const nobody = { accountId: new ObjectId().toHexString(), id: new ObjectId().toHexString() };
    const kind = who.home === "staff" ? "staffSession" : "session";
    const tokens: Record<string, string | undefined> = {
      "no token": undefined,
      "an empty one": "",
      "one that was cut": who.token.slice(0, -1),
      "one that was changed": `${who.token.slice(0, -1)}${who.token.endsWith("0") ? "1" : "0"}`,
      "the refresh token": who.refreshToken,
      "an API key": who.apiKey,
      "a forged one": makeToken(kind, ids).text,
      "one of nobody": makeToken(kind, nobody).text,
      "an operator": '{"$gt":""}',
      "NUL bytes": "\u0000",
      "a long one": "pes_".padEnd(8_000, "0"),
    };
    const before = await storedOf(who);
    for (const [what, token] of Object.entries(tokens)) {
      const { status } = await send(name, who, sample, { token });
      const isScoped = sample.orScopedKey && what === "an API key";
      expect({ what, status }).toEqual({ what, status: isScoped ? 403 : 401 });
    }
    expect(await storedOf(who)).toEqual(before);

    for (const how of ["expired", "revoked"] as const) {
      await endSessions(who, how);
      expect((await send(name, who, sample)).status).toBe(401);
    }
  });
});

const withBody = names.filter((name) => /^(POST|PUT|DELETE) /.test(name));
const fieldsOf = async (name: string) => Object.entries((await sampleOf(name)).sample.body ?? {});

describe("a bad body", () => {
  it.each(withBody)("%s: each field missing or bad", async (name) => {
    const fields = await fieldsOf(name);
    const put = (field: string, value: unknown) => (sample: Sample) => ({
      body: JSON.stringify({ ...sample.body, [field]: value }),
    });
    await expectRefused(
      name,
      fields.flatMap(([field, good]) => [
        [`${field} missing`, put(field, undefined)],
        ...badValues(good).map(([what, value]): Case => [`${field}: ${what}`, put(field, value)]),
      ]),
    );
  });

  it.each(withBody)("%s: the whole body bad, missing, or of another type", async (name) => {
    await expectRefused(name, [
      ["no body", () => ({ body: null })],
      ["form fields", () => ({ body: "a=b", type: "application/x-www-form-urlencoded" })],
      ["no type", () => ({ type: "" })],
      ...badBodies.map(([what, body]): Case => [what, () => ({ body })]),
    ]);
  });

  it.each(withBody)("%s: any JSON", async (name) => {
    const fields = (await fieldsOf(name)).map(([field]) => field);
    if (fields.length === 0) return;
    const values = fc.jsonValue({ maxDepth: 3 });
    const bodies = fc.dictionary(fc.constantFrom(...fields), values, { minKeys: 1 });
    const some = fc.sample(fc.oneof(bodies, values), { numRuns: 20, seed: 7 });
    await expectRefused(
      name,
      some.map((body) => [JSON.stringify(body), () => ({ body: JSON.stringify(body) })]),
    );
  });
});

describe("a bad address", () => {
  it.each(names.filter((name) => name.includes("{id}")))(
    "%s: 404 for what is no id",
    async (name) => {
      const { who, sample } = await sampleOf(name);
      const bad = [
        "0",
        "x".repeat(24),
        "A".repeat(24),
        "$ne",
        "..",
        "\u0000",
        "%00",
        "x".repeat(5_000),
      ];
      for (const id of [...bad, new ObjectId().toHexString()]) {
        const { status } = await send(name, who, sample, { path: { id } });
        expect({ id, status }).toEqual({ id, status: 404 });
      }
    },
  );

  it.each(names)("%s: a query that it does not know is never a failure of ours", async (name) => {
    const { who, sample } = await sampleOf(name);
    const query = { $where: "1", "all[$ne]": "1", "": "\u0000" };
    const { status } = await send(name, who, sample, { query });
    expect([sample.status, 422]).toContain(status);
  });
});
