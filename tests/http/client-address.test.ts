import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { clientAddress } from "../../lib/http/client-address.ts";
import { apiEvent } from "../support/api-event.ts";

const ask = (forwarded: string | undefined, sourceIp: string, trustedProxies: number) =>
  clientAddress(
    apiEvent({
      ip: sourceIp,
      headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
    }),
    trustedProxies,
  );

describe("the address of a client", () => {
  it.each<[string, string | undefined, string, number, string]>([
    ["is the gateway's observation", undefined, "203.0.113.7", 0, "203.0.113.7"],
    ["is never the client's own claim", "198.51.100.1", "203.0.113.7", 0, "203.0.113.7"],
    ["is what one trusted proxy saw", "198.51.100.1", "203.0.113.7", 1, "198.51.100.1"],
    [
      "is what one trusted proxy saw, whatever the client put before it",
      "10.0.0.1, 198.51.100.1",
      "203.0.113.7",
      1,
      "198.51.100.1",
    ],
    [
      "is the same where the gateway appends itself",
      "10.0.0.1, 198.51.100.1, 203.0.113.7",
      "203.0.113.7",
      1,
      "198.51.100.1",
    ],
    ["may be IPv6", "2001:db8::1", "203.0.113.7", 1, "2001:db8::1"],
    ["falls back where a proxy wrote no address", "unknown", "203.0.113.7", 1, "203.0.113.7"],
  ])("%s", (_, forwarded, sourceIp, proxies, expected) => {
    expect(ask(forwarded, sourceIp, proxies)).toBe(expected);
  });

  it("is out of reach of whatever a client prepends", () => {
    fc.assert(
      fc.property(fc.string(), fc.ipV4(), fc.ipV4(), (claim, client, proxy) => {
        fc.pre(client !== proxy);
        expect(ask(`${claim}, ${client}`, proxy, 1)).toBe(client);
        expect(ask(claim, proxy, 0)).toBe(proxy);
      }),
    );
  });
});
