import { isIP } from "node:net";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { addressDigits, covers, formatRange, parseRange } from "../../lib/keys/cidr.ts";

const contains = (range: string, address: string): boolean =>
  covers(parseRange(range) ?? { from: "z", to: "" }, addressDigits(address) ?? "");

const isIpv4 = (text: string): boolean =>
  addressDigits(text)?.startsWith("00000000000000000000ffff") ?? false;

/** Addresses inside ::ffff:0:0/96 are IPv4 and written so. */
const ipv6 = fc.ipV6().filter((text) => !isIpv4(text));
const address = fc.oneof(fc.ipV4(), ipv6);
const range = fc.oneof(
  fc.tuple(fc.ipV4(), fc.nat(32)).map(([text, prefix]) => `${text}/${prefix}`),
  fc.tuple(ipv6, fc.nat(128)).map(([text, prefix]) => `${text}/${prefix}`),
);

describe("an address", () => {
  it.each<[string, string]>([
    ["127.0.0.1", "00000000000000000000ffff7f000001"],
    ["::ffff:127.0.0.1", "00000000000000000000ffff7f000001"],
    ["::", "00000000000000000000000000000000"],
    ["2001:DB8::7", "20010db8000000000000000000000007"],
    ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
    ["1:2:3:4:5:6:7::", "00010002000300040005000600070000"],
    ["64:ff9b::192.0.2.33", "0064ff9b0000000000000000c0000221"],
  ])("%s is %s", (text, digits) => expect(addressDigits(text)).toBe(digits));

  it("is read where Node reads one, and nowhere else", () => {
    const nearly = fc
      .array(fc.constantFrom(":", "::", ".", "0", "1", "255", "256", "ffff", "fffff", "g"), {
        maxLength: 16,
      })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(address, nearly, fc.string()), (text) => {
        fc.pre(!text.includes("%"));
        expect([text, addressDigits(text) !== undefined]).toEqual([text, isIP(text) !== 0]);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    "fe80::1%eth0",
    "010.0.0.1",
    "1.2.3",
    "1.2.3.4.5",
    "1:2:3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4::5:6:7:8",
    "::1.2.3.4:5",
    " 1.2.3.4",
    "1.2.3.4 ",
    "1.2.3.4:80",
    "[::1]",
    "",
  ])("%j is none", (text) => expect(addressDigits(text)).toBeUndefined());
});

describe("a range", () => {
  it.each<[string, string, string]>([
    ["10.0.0.5/8", "00000000000000000000ffff0a000000", "00000000000000000000ffff0affffff"],
    ["192.0.2.7", "00000000000000000000ffffc0000207", "00000000000000000000ffffc0000207"],
    ["2001:db8::/32", "20010db8000000000000000000000000", "20010db8ffffffffffffffffffffffff"],
    ["0.0.0.0/0", "00000000000000000000ffff00000000", "00000000000000000000ffffffffffff"],
    ["::/0", "0".repeat(32), "f".repeat(32)],
  ])("%s goes from %s to %s", (text, from, to) => expect(parseRange(text)).toEqual({ from, to }));

  it.each([
    "10.0.0.0/33",
    "::/129",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "10.0.0.0/08",
    "10.0.0.0/-1",
    "/8",
    "any",
  ])("%j is none", (text) => expect(parseRange(text)).toBeUndefined());

  it.each<[string, string]>([
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["192.0.2.7/32", "192.0.2.7"],
    ["2001:DB8:0:0::1/64", "2001:db8::/64"],
    ["::ffff:10.0.0.0/104", "10.0.0.0/8"],
    ["::1", "::1"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["::/95", "::/95"],
  ])("%s is shown as %s", (text, shown) =>
    expect(formatRange(parseRange(text) ?? { from: "", to: "" })).toBe(shown),
  );

  it("is shown as a text that means the same", () => {
    fc.assert(
      fc.property(fc.oneof(range, address), (text) => {
        const parsed = parseRange(text);
        expect(parsed && parseRange(formatRange(parsed))).toEqual(parsed);
      }),
    );
  });

  it("holds exactly the addresses that begin with its prefix", () => {
    const binary = (text: string): string =>
      BigInt(`0x${addressDigits(text)}`)
        .toString(2)
        .padStart(128, "0");
    fc.assert(
      fc.property(range, address, (text, other) => {
        const [base = "", prefix = ""] = text.split("/");
        const length = Number(prefix) + (base.includes(":") ? 0 : 96);
        expect(contains(text, base)).toBe(true);
        const sharesPrefix = binary(base).slice(0, length) === binary(other).slice(0, length);
        const isOfOtherKind = isIpv4(other) && !isIpv4(base);
        expect(contains(text, other)).toBe(sharesPrefix && !isOfOtherKind);
      }),
    );
  });

  it.each([
    ["::/0", "203.0.113.7", false],
    ["::/0", "::ffff:203.0.113.7", false],
    ["::/0", "2001:db8::7", true],
    ["::/80", "203.0.113.7", false],
    ["::ffff:0:0/96", "203.0.113.7", true],
    ["0.0.0.0/0", "203.0.113.7", true],
    ["0.0.0.0/0", "2001:db8::7", false],
  ])("%s holds %s: %p, for all of IPv6 has no IPv4 in it", (text, other, holds) => {
    expect(contains(text, other)).toBe(holds);
  });
});
