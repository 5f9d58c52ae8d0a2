import { fail } from "../errors.ts";
import type { Doc } from "./codec.ts";
import { isNumber } from "./kinds.ts";
import { toDouble } from "./numbers.ts";

/** How strings are ordered and which count as equal. Without one, strings are compared by code point. */
export type Collation = {
  strength: 1 | 2 | 3;
  compare(a: string, b: string): number;
  /** Strings that are equal under the collation, and only those, have the same key. */
  key(text: string): string;
};

const sensitivity = { 1: "base", 2: "accent", 3: "variant" } as const;
const ignorable = new Set(["locale", "strength", "caseLevel", "version"]);

/**
 * Reads a command's collation. `locale: "simple"` gives undefined. Known limit: equality is that of
 * folded case (and, at strength 1, of letters without their marks), not that of ICU's weights.
 * Throws BadValue for every locale but English and every option beyond `strength` 1 to 3.
 */
export function parseCollation(spec: Doc | undefined): Collation | undefined {
  if (spec === undefined || Object.keys(spec).length === 0) return undefined;
  const { locale } = spec;
  if (typeof locale !== "string") fail("BadValue", "collation locale is missing or not a string");
  if (locale === "simple") return undefined;
  if (!/^en(_|$)/.test(locale)) {
    fail("BadValue", `collation locale '${locale}' is not supported, only "simple" and "en"`);
  }
  for (const [name, value] of Object.entries(spec)) {
    if (!ignorable.has(name) || (name === "caseLevel" && value !== false)) {
      fail("BadValue", `collation option '${name}' is not supported, only strength 1 to 3`);
    }
  }
  const given =
    spec.strength === undefined ? 3 : isNumber(spec.strength) ? toDouble(spec.strength) : 0;
  if (given !== 1 && given !== 2 && given !== 3) {
    fail("BadValue", "collation strength must be 1, 2 or 3");
  }
  return collation(given);
}

const made = new Map<number, Collation>();

function collation(strength: 1 | 2 | 3): Collation {
  const known = made.get(strength);
  if (known) return known;
  const collator = new Intl.Collator("en", { sensitivity: sensitivity[strength] });
  const key = (text: string): string => {
    if (strength === 3) return text.normalize("NFC");
    const folded = text.normalize("NFKC").toUpperCase().toLowerCase();
    return strength === 2 ? folded : folded.normalize("NFKD").replace(/\p{M}/gu, "");
  };
  const compare = (a: string, b: string): number => {
    const [x, y] = [key(a), key(b)];
    if (x === y) return 0;
    return collator.compare(a, b) || (x < y ? -1 : 1);
  };
  const result = { strength, compare, key };
  made.set(strength, result);
  return result;
}
