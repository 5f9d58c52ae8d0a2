import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { networkOf } from "../../lib/security/network.ts";

describe("the network an address is counted by", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["::FFFF:CB00:7107", "203.0.113.7"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:DB8:0:0:1:2:3:4", "2001:db8:0:0::/64"],
    ["2001:0db8:1:2:3::", "2001:db8:1:2::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::", "0:0:0:0::/64"],
    ["no address", "no address"],
    ["203.0.113.7%eth0", "203.0.113.7"],
    ["", ""],
    ["1::2:3:4:5:6", "1:0:0:2::/64"],
    ["1:2::", "1:2:0:0::/64"],
    ["::1:2:3:4:5:6", "0:0:1:2::/64"],
    ["1:0:0:0:0:0:ffff:1", "1:0:0:0::/64"],
    ["0:0:0:0:0:ffff1::", "0:0:0:0:0:ffff1::"],
  ])("of %s is %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it("is the same for every spelling, and for every address with the same first 64 bits", () => {
    const group = fc.nat(0xffff).map((value) => value.toString(16));
    const half = fc.array(group, { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(half, half, half, (prefix, one, other) => {
        const padded = [...prefix, ...one].map((part) => part.padStart(4, "0").toUpperCase());
        fc.pre(!prefix.every((part) => part === "0"));
        expect(networkOf(padded.join(":"))).toBe(networkOf([...prefix, ...other].join(":")));
      }),
    );
  });
});
