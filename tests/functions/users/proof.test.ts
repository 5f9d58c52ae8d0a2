import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it, jest } from "@jest/globals";
import { closing } from "../../../lib/accounts/closing.ts";
import { accountsCollection, type StoredAccount } from "../../../lib/accounts/document.ts";
import { collections } from "../../../lib/collections.ts";
import { migrate } from "../../../lib/db/migrate.ts";
import { networkOf } from "../../../lib/security/network.ts";
import { newSession } from "../../../lib/sessions/new-session.ts";
import { defaultSettings } from "../../../lib/settings/rules.ts";
import { lifetimes, someRequest } from "../../support/accounts.ts";
import { ask } from "../../support/ask.ts";
import { commandsOf, monitored } from "../../support/commands.ts";
import { testDatabase } from "../../support/database.ts";
import { loadFunction } from "../../support/functions.ts";
import { someAddress } from "../../support/people.ts";
import { password, somebody } from "../../support/world.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, collections);
const env = { MONGODB_URI: monitored(uri), MONGODB_DATABASE: name };
const handlers = {
  "PUT password": await loadFunction("users/change-password", env),
  "PUT email": await loadFunction("users/change-email", env),
  "DELETE account": await loadFunction("users/delete-account", env),
};
const shown = {
  profile: await loadFunction("users/profile", env),
  exported: await loadFunction("users/export-account", env),
};
const { database, owners, passwords } = await import("../../../lib/runtime.ts");
const accounts = db.collection<StoredAccount>(accountsCollection.name);
const events = db.collection("securityEvents");
const throttle = db.collection<{ _id: string; open: unknown[] }>("loginThrottle");

type Endpoint = keyof typeof handlers;
const endpoints = Object.keys(handlers) as Endpoint[];

/** What an endpoint is sent with a password. */
const bodies = {
  "PUT password": (secret: string) => ({
    current_password: secret,
    new_password: "another good one",
  }),
  "PUT email": (secret: string) => ({
    current_password: secret,
    new_email: `${randomUUID()}@example.com`,
  }),
  "DELETE account": (secret: string) => ({ password: secret }),
} satisfies Record<Endpoint, (secret: string) => object>;

const prove = (endpoint: Endpoint, token: string, secret = password, ip = someAddress()) =>
  ask(handlers[endpoint], { token, body: bodies[endpoint](secret), ip });

type Somebody = Awaited<ReturnType<typeof somebody>>;
const stored = ({ id }: Somebody) => accounts.findOne({ _id: id });
const proofOf = async (who: Somebody) => (await stored(who))?.proof;
const inAnHour = () => new Date(Date.now() + 3_600_000);
/** As if so many had failed within the hour. */
const failed = ({ id }: Somebody, counted: number) =>
  accounts.updateOne({ _id: id }, { $set: { proof: { counted, until: inAnHour(), open: [] } } });
/** As if so many had begun that many milliseconds ago, and nobody had heard of them since. */
const begun = ({ id }: Somebody, count: number, ago: number) => {
  const at = new Date(Date.now() - ago);
  const open = Array.from({ length: count }, () => ({ id: randomUUID(), at }));
  return accounts.updateOne(
    { _id: id },
    { $set: { proof: { counted: 0, until: inAnHour(), open } } },
  );
};

/** The commands of requests, without those that fill the caches of settings and address rules. */
async function commandsDuring(work: () => Promise<unknown>): Promise<string[]> {
  await prove("PUT email", (await somebody(db)).token);
  return commandsOf(database, work);
}

describe.each(endpoints)("%s", (endpoint) => {
  const lookups = endpoint === "PUT email" ? ["find", "bulkWrite"] : [];

  it("takes two round trips, one after the other", async () => {
    const { token } = await somebody(db);
    const commands = await commandsDuring(async () => {
      expect((await prove(endpoint, token)).status).toBe(200);
    });
    expect(commands).toEqual(["findAndModify", ...lookups, "bulkWrite"]);
  });

  it("401: a wrong password takes as many, and is counted and recorded in one", async () => {
    const who = await somebody(db);
    const commands = await commandsDuring(async () => {
      expect((await prove(endpoint, who.token, "wrong")).body.code).toBe("WRONG_PASSWORD");
    });
    const undone = endpoint === "PUT email" ? ["bulkWrite"] : [];
    // The last is the usage event of a failure, whose answer is known by then.
    expect(commands).toEqual(["findAndModify", ...lookups, "bulkWrite", ...undone, "bulkWrite"]);
    expect(await proofOf(who)).toEqual({ counted: 1, until: expect.any(Date), open: [] });
    const recorded = await events.find({ subject: who.id }).toArray();
    expect(recorded).toMatchObject([
      { type: "password_proof_failed", details: { failed_attempts: 1 } },
    ]);
  });

  it("423: a lock is known after the first, for the right password too, and writes nothing", async () => {
    const who = await somebody(db);
    await failed(who, 5);
    const before = await stored(who);
    const commands = await commandsDuring(async () => {
      const { status, body, headers } = await prove(endpoint, who.token);
      expect([status, body.code]).toEqual([423, "LOGIN_LOCKED"]);
      expect(Number(headers?.["Retry-After"])).toBeGreaterThan(3_500);
    });
    expect(commands).toEqual(["findAndModify", "bulkWrite"]);
    expect(await stored(who)).toEqual(before);
  });

  it("401: without a session that is live, no place is taken and nothing is written", async () => {
    const who = await somebody(db);
    await accounts.updateOne({ _id: who.id }, { $set: { "sessions.1.expiresAt": new Date() } });
    const before = await stored(who);
    expect((await prove(endpoint, who.token)).body.code).toBe("SESSION_INVALID");
    expect(await stored(who)).toEqual(before);
  });

  it("a right password forgets those that failed", async () => {
    const who = await somebody(db);
    await failed(who, 4);
    expect((await prove(endpoint, who.token)).status).toBe(200);
    expect(await stored(who)).not.toHaveProperty("proof");
  });
});

describe("a stolen session", () => {
  it("gets five of a hundred guesses at once to the hash, over all sessions and endpoints", async () => {
    const who = await somebody(db);
    const session = newSession({
      accountId: who.id,
      now: new Date(),
      request: someRequest,
      lifetimes,
    });
    await accounts.updateOne({ _id: who.id }, { $push: { sessions: session.stored } });
    const tokens = [who.token, session.tokens.session_token];
    const verify = jest.spyOn(passwords, "verify");
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => {
        const endpoint = endpoints[index % 3] ?? "PUT password";
        return prove(endpoint, tokens[index % 2] ?? "", `guess ${index}`);
      }),
    );
    expect(verify.mock.calls.length).toBeLessThanOrEqual(5);
    verify.mockRestore();
    const codes = answers.map(({ body }) => body.code);
    expect(codes.filter((code) => code === "WRONG_PASSWORD")).toHaveLength(5);
    const others = codes.filter((code) => code !== "WRONG_PASSWORD");
    for (const code of others) expect(["TOO_MANY_ATTEMPTS", "LOGIN_LOCKED"]).toContain(code);
    const details = (await events.find({ subject: who.id }).toArray()).map((one) => one.details);
    const counts = details.map((one) => one.failed_attempts).sort();
    expect(counts).toEqual([1, 2, 3, 4, 5]);
    for (const token of tokens) expect((await prove("PUT email", token)).status).toBe(423);
  });

  it("429, then 423: attempts whose process died hold their places, and count after a minute", async () => {
    const who = await somebody(db);
    await begun(who, 5, 50_000);
    expect((await prove("DELETE account", who.token)).body.code).toBe("TOO_MANY_ATTEMPTS");
    await begun(who, 5, 61_000);
    expect((await prove("DELETE account", who.token)).body.code).toBe("LOGIN_LOCKED");
  });
});

describe("a place that comes to nothing is given back", () => {
  it.each<[Endpoint, string, object]>([
    ["DELETE account", "of the body", {}],
    ["PUT password", "of the new password", { current_password: password, new_password: "short" }],
    ["PUT email", "of what is no object", []],
  ])("422: %s, %s, however often", async (endpoint, _, body) => {
    const who = await somebody(db);
    await failed(who, 3);
    const before = await stored(who);
    for (let round = 0; round < 3; round += 1) {
      expect((await ask(handlers[endpoint], { token: who.token, body })).status).toBe(422);
    }
    expect(await stored(who)).toEqual(before);
  });

  it("409: by an address that is taken", async () => {
    const [who, other] = [await somebody(db), await somebody(db)];
    const body = { current_password: password, new_email: other.account.email };
    const { status } = await ask(handlers["PUT email"], {
      token: who.token,
      body,
      ip: someAddress(),
    });
    expect(status).toBe(409);
    expect(await stored(who)).not.toHaveProperty("proof");
  });

  it("403: by a password that must be changed first", async () => {
    const who = await somebody(db);
    await accounts.updateOne({ _id: who.id }, { $set: { passwordIsTemporary: true } });
    expect((await prove("DELETE account", who.token)).body.code).toBe("PASSWORD_CHANGE_REQUIRED");
    expect(await stored(who)).not.toHaveProperty("proof");
  });

  it("401: by a password that was changed meanwhile, whose failures still count", async () => {
    const who = await somebody(db);
    await failed(who, 2);
    const verify = jest.spyOn(passwords, "verify").mockImplementation(async () => {
      await accounts.updateOne({ _id: who.id }, { $set: { passwordHash: "another" } });
      return true;
    });
    expect((await prove("DELETE account", who.token)).body.code).toBe("WRONG_PASSWORD");
    verify.mockRestore();
    expect(await proofOf(who)).toMatchObject({ counted: 2, open: [] });
  });

  it("500: by a fault of the service", async () => {
    const who = await somebody(db);
    const close = jest.spyOn(owners, "close").mockRejectedValue(new Error("a fault"));
    expect((await prove("DELETE account", who.token)).status).toBe(500);
    close.mockRestore();
    expect(await stored(who)).not.toHaveProperty("proof");
  });
});

describe("a lock of proofs", () => {
  it("goes with an account that staff deletes", async () => {
    const who = await somebody(db);
    await failed(who, 5);
    await accounts.updateOne({ _id: who.id }, closing({ by: "staff", reason: "" }));
    expect(await stored(who)).toMatchObject({ status: "deleting" });
    expect(await proofOf(who)).toBeUndefined();
  });

  it("is shown to nobody", async () => {
    const who = await somebody(db);
    await begun(who, 3, 0);
    for (const handler of Object.values(shown)) {
      const { status, body } = await ask(handler, { token: who.token });
      expect(status).toBe(200);
      expect(JSON.stringify(body)).not.toMatch(/"proof"|"open"|"counted"/);
    }
  });
});

describe("a change of address", () => {
  it("is looked up while the password is hashed, not after it", async () => {
    const { token } = await somebody(db);
    const ip = someAddress();
    const isReserved = () =>
      throttle.findOne({ _id: `refused:${networkOf(ip)}`, "open.0": { $exists: true } });
    const verify = jest.spyOn(passwords, "verify").mockImplementation(async () => {
      const until = Date.now() + 2_000;
      while (!(await isReserved()) && Date.now() < until) await setTimeout(5);
      return Date.now() < until;
    });
    expect((await prove("PUT email", token, password, ip)).status).toBe(200);
    verify.mockRestore();
    expect(await isReserved()).toBeNull();
  });

  it("401: a wrong password wins over an address that is taken and over too many refused, and takes no place of these", async () => {
    const [who, other] = [await somebody(db), await somebody(db)];
    const ip = someAddress();
    const _id = `refused:${networkOf(ip)}`;
    const body = { current_password: "wrong", new_email: other.account.email };
    const send = () => ask(handlers["PUT email"], { token: who.token, body, ip });
    expect((await send()).body.code).toBe("WRONG_PASSWORD");
    expect(await throttle.findOne({ _id })).toMatchObject({ counted: 0, open: [] });
    const counted = defaultSettings.registration.refusedPerHour;
    await throttle.updateOne({ _id }, { $set: { counted } });
    expect((await send()).body.code).toBe("WRONG_PASSWORD");
    expect(await throttle.findOne({ _id })).toMatchObject({ counted, open: [] });
  });

  it("423: a lock asks for nothing else", async () => {
    const who = await somebody(db);
    await failed(who, 5);
    const ip = someAddress();
    expect((await prove("PUT email", who.token, password, ip)).status).toBe(423);
    expect(await throttle.findOne({ _id: `refused:${networkOf(ip)}` })).toBeNull();
  });
});
