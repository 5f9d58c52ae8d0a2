import { beforeAll, describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import { signedIn, someAccount } from "../../support/accounts.ts";
import {
  expireHolds,
  meteredAccount,
  someAdmission,
  someOutcome,
  testMetering,
} from "../../support/metering.ts";
import { accounts, call, database, db, type Role, staff } from "./world.ts";

const ask = (what: string, as: Role = "admin") =>
  call(`GET /v1/admin-panel/${what}`, { token: staff[as].token });
const daysAgo = (days: number) =>
  ObjectId.createFromTime(Math.floor(Date.now() / 1_000 - days * 86_400));

const { admit, settle } = testMetering(database);
let token: Awaited<ReturnType<typeof meteredAccount>>["token"];
let metered: ObjectId;

beforeAll(async () => {
  await signedIn(db);
  await signedIn(db, { plan: "pro", userType: "Business" });
  await accounts.insertMany([
    someAccount({ _id: daysAgo(3), status: "suspended" }),
    someAccount({ _id: daysAgo(20), verified: false }),
    someAccount({ _id: daysAgo(40) }),
  ]);
  const made = await meteredAccount(db);
  token = made.token;
  metered = made.account._id;
});

describe("GET /v1/admin-panel/statistics", () => {
  it("200: counts users, requests and who is signed in", async () => {
    const admission = await admit(someAdmission(token));
    await settle(admission, someOutcome());
    await settle(await admit(someAdmission(token)), someOutcome({ kind: "failed", status: 502 }));
    const { status, body } = await ask("statistics");
    expect(status).toBe(200);
    expect(body.user_statistics).toEqual({
      total_users: 6,
      active_users: 5,
      verified_users: 5,
      new_users_today: 3,
      new_users_this_week: 4,
      new_users_this_month: 5,
      users_by_type: { Personal: 5, Business: 1 },
      users_by_plan: { free: 4, basic: 0, pro: 1, enterprise: 1 },
    });
    const month = "POST /v1/chat/completions";
    expect(body.api_statistics).toMatchObject({
      total_api_calls: 2,
      total_messages: 1,
      total_tokens_used: 60,
      api_calls_today: 2,
      requests_this_week: 2,
      requests_this_month: 2,
      requests_by_endpoint: { [month]: 2 },
      average_response_time: 120,
    });
    expect(body.system_statistics).toEqual({ active_sessions: 2, timestamp: expect.any(String) });
  });

  it.each<[Role, number]>([
    ["super", 200],
    ["security admin", 403],
    ["advanced", 403],
  ])("%s: %d", async (as, status) => {
    expect((await ask("statistics", as)).status).toBe(status);
  });
});

describe("GET /v1/admin-panel/health", () => {
  it("200: healthy, and degraded once something waits that a job should have ended", async () => {
    const { status, body } = await ask("health", "plain admin");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: "healthy",
      database_connected: true,
      total_users: 6,
      active_sessions: 2,
      components: { database: { status: "healthy" }, mail: { status: "off" } },
      waiting: { expired_holds: 0, open_postings: 0, mails: 0 },
    });
    await admit(someAdmission(token));
    await expireHolds(db, metered);
    expect((await ask("health")).body).toMatchObject({
      status: "degraded",
      waiting: { expired_holds: 1 },
    });
  });

  it("403: support", async () => {
    expect((await ask("health", "advanced")).status).toBe(403);
  });
});
