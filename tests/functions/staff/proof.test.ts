import { describe, expect, it, jest } from "@jest/globals";
import { commandsOf } from "../../support/commands.ts";
import { superAdmin } from "../../support/staff.ts";
import type { Staffer } from "../../support/staffer.ts";
import { password } from "../../support/world.ts";
import { call, eventsOf, members, runtime, someone, stored } from "./world.ts";

/** The endpoints that ask staff for their password. */
const endpoints = {
  password: async (who: Staffer, secret: string) =>
    call("password", {
      token: who.token,
      body: { current_password: secret, new_password: "quite another secret" },
    }),
  offerTotp: async (who: Staffer, secret: string) =>
    call("offerTotp", { token: who.token, body: { current_password: secret } }),
  removeTotp: async (who: Staffer, secret: string) =>
    call("removeTotp", {
      token: who.token,
      body: { current_password: secret, totp_code: who.code },
    }),
};
type Endpoint = keyof typeof endpoints;
const names = Object.keys(endpoints) as Endpoint[];

const somebody = (endpoint: Endpoint) =>
  someone(superAdmin, endpoint === "removeTotp" ? "active" : "none");

/** As if so many had failed within the hour. */
const failed = ({ id }: Staffer, counted: number) => {
  const until = new Date(Date.now() + 3_600_000);
  return members.updateOne({ _id: id }, { $set: { proof: { counted, until, open: [] } } });
};

/** The commands of requests, without those that fill the caches of settings and address rules. */
async function commandsDuring(work: () => Promise<unknown>): Promise<string[]> {
  await call("adminProfile", { token: (await someone(superAdmin)).token });
  return commandsOf(runtime.database, work);
}

describe.each(names)("%s of staff", (endpoint) => {
  const send = endpoints[endpoint];

  it("takes two round trips, and forgets the failures of before", async () => {
    const who = await somebody(endpoint);
    await failed(who, 4);
    const commands = await commandsDuring(async () => {
      expect((await send(who, password)).status).toBe(200);
    });
    expect(commands).toEqual(["findAndModify", "bulkWrite"]);
    expect(await stored(who.id)).not.toHaveProperty("proof");
  });

  it("401: a wrong password takes as many, and is counted and recorded in one", async () => {
    const who = await somebody(endpoint);
    const commands = await commandsDuring(async () => {
      expect((await send(who, "wrong")).body.code).toBe("WRONG_PASSWORD");
    });
    // The last is the usage event of a failure, whose answer is known by then.
    expect(commands).toEqual(["findAndModify", "bulkWrite", "bulkWrite"]);
    expect((await stored(who.id))?.proof).toMatchObject({ counted: 1, open: [] });
    expect(await eventsOf(who.id)).toMatchObject([
      { type: "password_proof_failed", details: { failed_attempts: 1 } },
    ]);
  });

  it("423: a lock holds for the right password too, and writes nothing", async () => {
    const who = await somebody(endpoint);
    await failed(who, 5);
    const before = await stored(who.id);
    expect((await send(who, password)).body.code).toBe("LOGIN_LOCKED");
    expect(await stored(who.id)).toEqual(before);
  });
});

it("five of a hundred guesses of a member's password at once reach the hash", async () => {
  const who = await someone(superAdmin);
  const verify = jest.spyOn(runtime.passwords, "verify");
  const guess = (_: unknown, index: number) =>
    endpoints[index % 2 === 0 ? "password" : "offerTotp"](who, `guess ${index}`);
  const answers = await Promise.all(Array.from({ length: 100 }, guess));
  expect(verify).toHaveBeenCalledTimes(5);
  verify.mockRestore();
  expect(answers.filter(({ body }) => body.code === "WRONG_PASSWORD")).toHaveLength(5);
  expect((await endpoints.password(who, password)).status).toBe(423);
});

describe("a place that comes to nothing is given back", () => {
  it.each<[string, Endpoint, "active" | "none", object]>([
    ["TOTP_ACTIVE", "offerTotp", "active", { current_password: password }],
    ["TOTP_INACTIVE", "removeTotp", "none", { current_password: password }],
    ["TOTP_REQUIRED", "removeTotp", "active", { current_password: password }],
    ["VALIDATION_FAILED", "password", "none", { current_password: "x", new_password: "short" }],
    ["VALIDATION_FAILED", "offerTotp", "none", {}],
  ])("%s: %s", async (code, endpoint, factor, body) => {
    const who = await someone(superAdmin, factor);
    await failed(who, 3);
    const before = await stored(who.id);
    for (let round = 0; round < 3; round += 1) {
      expect((await call(endpoint, { token: who.token, body })).body.code).toBe(code);
    }
    expect(await stored(who.id)).toEqual(before);
  });
});
