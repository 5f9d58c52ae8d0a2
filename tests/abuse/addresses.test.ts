import { describe, expect, it } from "@jest/globals";
import { parseRange } from "../../lib/keys/cidr.ts";
import { keyedService, say } from "../functions/chat/support.ts";
import { apiEvent, lambdaContext } from "../support/api-event.ts";
import { loadFunction } from "../support/functions.ts";

const service = await keyedService();
const ask = await service.asking("chat/completions", "/v1/chat/completions");
const logIn = await loadFunction("users/login", service.env);
const body = { model: "pe-low", messages: say("Hello") };
const range = parseRange("10.0.0.0/8");
if (!range) throw new Error("no range");

/** Everything by which one may say where one comes from. */
const claims = (address: string): Record<string, string> => ({
  "X-Forwarded-For": address,
  "X-Real-IP": address,
  Forwarded: `for=${address}`,
  "True-Client-IP": address,
  "CF-Connecting-IP": address,
  "X-Client-IP": address,
});

describe("an address that the client claims", () => {
  it("opens no key that is bound to it", async () => {
    const { account, key } = await service.somebody();
    const keys = account.keys.map((one) => ({ ...one, allow: [range] }));
    await service.accounts.updateOne({ _id: account._id }, { $set: { keys } });
    const { status, json } = await ask({ key, body, headers: claims("10.0.0.1") });
    expect([status, json.error.code]).toEqual([403, "ADDRESS_NOT_ALLOWED"]);
  });

  it("stands in no event", async () => {
    const { id, key } = await service.somebody();
    await ask({ key, body, headers: claims("10.0.0.1") });
    expect(await service.eventsOf(id)).toEqual([expect.objectContaining({ ip: "203.0.113.7" })]);
  });

  it("makes no new attempts at passwords: they are counted by the address that is observed", async () => {
    const statuses: number[] = [];
    for (let guess = 0; guess < 7; guess++) {
      const { statusCode } = await logIn(
        apiEvent({
          method: "POST",
          resource: "/v1/users/login",
          ip: "198.51.100.9",
          headers: { "Content-Type": "application/json", ...claims(`10.0.0.${guess}`) },
          body: JSON.stringify({ email: `nobody-${guess}@example.com`, password: "a guess" }),
        }),
        lambdaContext(),
      );
      statuses.push(statusCode);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
  });
});
