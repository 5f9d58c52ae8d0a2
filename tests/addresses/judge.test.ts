import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  type AddressRule,
  isLive,
  lets,
  shutsOut,
  type TimedRule,
} from "../../lib/addresses/judge.ts";
import { addressDigits, parseRange } from "../../lib/keys/cidr.ts";

/** `+10.0.0.0/8` allows, `-10.0.0.0/8` denies. */
function rule(text: string): AddressRule {
  const range = parseRange(text.slice(1));
  if (!range) throw new Error(`no range: ${text}`);
  return { action: text.startsWith("+") ? "allow" : "deny", range };
}

describe("the rules of a scope", () => {
  it.each<[string, string[], string, boolean]>([
    ["nobody, without rules", [], "203.0.113.7", true],
    ["nothing, where nothing is asked, what is no address", [], "unknown", true],
    ["an address that is denied", ["-203.0.113.7"], "203.0.113.7", false],
    ["not those beside a denied one", ["-203.0.113.7"], "203.0.113.8", true],
    ["not what is allowed", ["+10.0.0.0/8"], "10.1.2.3", true],
    ["everybody else where something is allowed", ["+10.0.0.0/8"], "203.0.113.7", false],
    ["not what one of several allows", ["+10.0.0.0/8", "+203.0.113.7"], "203.0.113.7", true],
    ["what is denied, though allowed", ["+10.0.0.0/8", "-10.1.0.0/16"], "10.1.2.3", false],
    ["it in any order", ["-10.1.0.0/16", "+10.0.0.0/8"], "10.1.2.3", false],
    ["it though the allowing rule is narrower", ["-10.0.0.0/8", "+10.1.2.3"], "10.1.2.3", false],
    ["not the rest of an allowed range", ["+10.0.0.0/8", "-10.1.0.0/16"], "10.2.0.0", true],
    ["what denying rules leave, where others allow", ["+10.0.0.0/8", "-1.1.1.1"], "2.2.2.2", false],
    ["what is no address, by an allowing rule", ["+0.0.0.0/0"], "unknown", false],
    ["what is no address, by a denying rule", ["-203.0.113.7"], "unknown", false],
    ["IPv4 that is written as IPv6", ["-203.0.113.7"], "::ffff:203.0.113.7", false],
    ["the same in hexadecimal", ["-203.0.113.7"], "::ffff:cb00:7107", false],
    ["IPv4 by a rule that is written as IPv6", ["-::ffff:203.0.113.0/120"], "203.0.113.9", false],
    ["IPv6 in another spelling", ["-2001:db8::7"], "2001:0DB8:0:0::0007", false],
    ["IPv6 of a zone", ["-fe80::1"], "fe80::1%eth0", false],
    ["all of IPv6 by ::/0", ["-::/0"], "2001:db8::7", false],
    ["nothing of IPv4 by ::/0", ["-::/0"], "203.0.113.7", true],
    ["IPv4 where all of IPv6 is allowed", ["+::/0"], "203.0.113.7", false],
    ["all of IPv4 by 0.0.0.0/0", ["-0.0.0.0/0"], "::ffff:203.0.113.7", false],
    ["nothing of IPv6 by 0.0.0.0/0", ["-0.0.0.0/0"], "2001:db8::7", true],
  ])("shut out %s", (_, rules, address, letIn) => {
    expect(lets(rules.map(rule), address)).toBe(letIn);
  });

  it("say what their words say, for any ranges and addresses", () => {
    const ipv4 = fc.tuple(fc.ipV4(), fc.nat(32)).map(([text, length]) => `${text}/${length}`);
    const ipv6 = fc.tuple(fc.ipV6(), fc.nat(128)).map(([text, length]) => `${text}/${length}`);
    const rules = fc.array(
      fc.tuple(fc.constantFrom("+", "-"), fc.oneof(ipv4, ipv6)).map((parts) => parts.join("")),
      { maxLength: 5 },
    );
    let refused = 0;
    fc.assert(
      fc.property(rules, fc.oneof(fc.ipV4(), fc.ipV6()), (texts, address) => {
        const letIn = lets(texts.map(rule), address);
        if (!letIn) refused += 1;
        expect(letIn).toBe(meant(texts, address));
      }),
      { numRuns: 3_000 },
    );
    expect(refused).toBeGreaterThan(300);
  });
});

/** The bits of an address of its own family. */
function bitsOf(text: string): { family: 4 | 6; bits: string } {
  const digits = addressDigits(text) ?? "";
  const bits = [...digits].map((digit) => Number.parseInt(digit, 16).toString(2).padStart(4, "0"));
  const all = bits.join("");
  return digits.startsWith("00000000000000000000ffff")
    ? { family: 4, bits: all.slice(96) }
    : { family: 6, bits: all };
}

/** The rules read bit by bit, as one would by hand. */
function meant(texts: string[], address: string): boolean {
  const asked = bitsOf(address);
  const covers = (text: string): boolean => {
    const [base = "", prefix = ""] = text.slice(1).split("/");
    const own = bitsOf(base);
    // A range inside IPv4's place in IPv6 is one of IPv4.
    const inside = own.family === 4 && base.includes(":");
    if (inside && Number(prefix) < 96) return asked.family === 6 && wide(base, prefix, address);
    const length = inside ? Number(prefix) - 96 : Number(prefix);
    return own.family === asked.family && own.bits.slice(0, length) === asked.bits.slice(0, length);
  };
  const [allow, deny] = ["+", "-"].map((sign) => texts.filter((text) => text.startsWith(sign)));
  if (deny?.some(covers)) return false;
  return allow?.length === 0 || allow?.some(covers) === true;
}

/** Whether an IPv6 address is in a range that begins inside ::ffff:0:0/96 and is wider. */
function wide(base: string, prefix: string, address: string): boolean {
  const [one = 0n, other = 0n] = [base, address].map((text) => BigInt(`0x${addressDigits(text)}`));
  const shift = BigInt(128 - Number(prefix));
  return one >> shift === other >> shift;
}

const now = new Date("2026-11-25T10:00:00Z");
const at = (hours: number): Date => new Date(now.getTime() + hours * 3_600_000);

/** `staff +10.0.0.0/8 until 2`: the hours from now. */
function timed(text: string): TimedRule {
  const [scope = "", range = "", until, hours] = text.split(" ");
  return {
    ...rule(range),
    scope: scope as TimedRule["scope"],
    active: until !== "off",
    ...(until === "until" && { expiresAt: at(Number(hours)) }),
  };
}

describe("a rule", () => {
  it.each<[string, Date, boolean]>([
    ["staff +10.0.0.1", at(1_000_000), true],
    ["staff +10.0.0.1 off", now, false],
    ["staff +10.0.0.1 until 1", at(0.999), true],
    ["staff +10.0.0.1 until 1", at(1), false],
  ])("%s at %p", (text, time, live) => expect(isLive(timed(text), time)).toBe(live));
});

describe("who asks from 203.0.113.7", () => {
  it.each<[string, string[], string[], number | undefined]>([
    ["is not by no rules", [], [], undefined],
    ["is by a rule that denies it", [], ["service -203.0.113.0/24"], 0],
    ["is by one for staff", [], ["staff -203.0.113.0/24"], 0],
    ["is not by one for an account", [], ["account -203.0.113.0/24"], undefined],
    ["is not by one that is off", [], ["service -203.0.113.0/24 off"], undefined],
    ["is by the first rule that allows others", [], ["staff +10.0.0.0/8"], 0],
    [
      "is not if another allows it",
      ["staff +203.0.113.7"],
      ["staff +203.0.113.7", "staff +10.0.0.0/8"],
      undefined,
    ],
    [
      "is if the other is of another scope",
      ["service +203.0.113.7"],
      ["service +203.0.113.7", "staff +10.0.0.0/8"],
      0,
    ],
    [
      "is by the end of the rule that allows it",
      ["staff +203.0.113.7", "staff +10.0.0.0/8"],
      ["staff +10.0.0.0/8"],
      0,
    ],
    ["is not by the end of all that allow", ["staff +203.0.113.7"], [], undefined],
    [
      "is when the rule that allows it ends before the others",
      [],
      ["staff +203.0.113.7 until 2", "staff +10.0.0.0/8"],
      2,
    ],
    [
      "is not when the others end first",
      [],
      ["staff +203.0.113.7 until 2", "staff +10.0.0.0/8 until 1"],
      undefined,
    ],
    [
      "is not when all end at once",
      [],
      ["staff +203.0.113.7 until 2", "staff +10.0.0.0/8 until 2"],
      undefined,
    ],
    [
      "is if a rule that allows it ends earlier than it did",
      ["staff +203.0.113.7", "staff +10.0.0.0/8"],
      ["staff +203.0.113.7 until 3", "staff +10.0.0.0/8"],
      3,
    ],
    [
      "is not by a change of something else, though it will be",
      ["staff +203.0.113.7 until 2", "staff +10.0.0.0/8"],
      ["staff +203.0.113.7 until 2", "staff +10.0.0.0/8", "service -9.9.9.9"],
      undefined,
    ],
    [
      "is when a rule that denies ends later than it did",
      ["staff +203.0.113.7 until 1", "staff +9.9.9.9 until 2"],
      ["staff +203.0.113.7 until 1", "staff +9.9.9.9 until 3"],
      2,
    ],
    ["is not by a rule that has ended", [], ["staff -203.0.113.7 until -1"], undefined],
    ["is by a denying rule, however short", [], ["service -203.0.113.7 until 1"], 0],
  ])("%s", (_, before, after, hours) => {
    const judged = { before: before.map(timed), after: after.map(timed), now };
    expect(shutsOut("203.0.113.7", judged)).toEqual(hours === undefined ? undefined : at(hours));
  });

  it("is found at the very time at which going through all times finds it", () => {
    const text = fc
      .tuple(
        fc.constantFrom("service", "staff", "account"),
        fc.constantFrom("+203.0.113.7", "+10.0.0.0/8", "-203.0.113.0/24", "-10.0.0.0/8"),
        fc.constantFrom("", " off", " until -1", " until 1", " until 2", " until 3"),
      )
      .map(([scope, range, end]) => `${scope} ${range}${end}`);
    const rules = fc.array(text, { maxLength: 5 }).map((texts) => texts.map(timed));
    const passes = (all: TimedRule[], time: Date): boolean =>
      ["service", "staff"].every((scope) =>
        lets(
          all.filter((one) => one.scope === scope && isLive(one, time)),
          "203.0.113.7",
        ),
      );
    let found = 0;
    fc.assert(
      fc.property(rules, rules, (before, after) => {
        const from = [0, 1, 2, 3]
          .map(at)
          .find((time) => passes(before, time) && !passes(after, time));
        if (from && from > now) found += 1;
        expect(shutsOut("203.0.113.7", { before, after, now })).toEqual(from);
      }),
      { numRuns: 2_000 },
    );
    expect(found).toBeGreaterThan(50);
  });

  it("is judged in time with as many rules as there may be", () => {
    const rules = Array.from({ length: 1_000 }, (_, index) =>
      timed(`staff +10.0.${index >> 8}.${index & 255} until ${index + 1}`),
    );
    const startedAt = performance.now();
    expect(shutsOut("203.0.113.7", { before: [], after: rules, now })).toEqual(now);
    const own = timed("staff +203.0.113.7");
    expect(shutsOut("203.0.113.7", { before: [own], after: [...rules, own], now })).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
