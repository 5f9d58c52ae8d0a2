import { createRequire } from "node:module";
import { expect, it } from "@jest/globals";
import fc from "fast-check";

type Saslprep = { saslprep: (text: string, options?: object) => string };

const require = createRequire(import.meta.url);
const ours: Saslprep = require("../../lib/db/saslprep.cjs");
const theirs: Saslprep = require("../../node_modules/@mongodb-js/saslprep/dist/node.js");

const outcome = (prepare: Saslprep["saslprep"], text: string): string => {
  try {
    return prepare(text);
  } catch (error) {
    return String(error);
  }
};

it("a password is prepared as by the package that is stood in for", () => {
  const units = fc.constantFrom("grapheme" as const, "binary" as const, "grapheme-ascii" as const);
  const texts = units.chain((unit) => fc.string({ unit }));
  fc.assert(
    fc.property(
      fc.oneof(texts, fc.constantFrom("I\u00adX", "\u00aa", "\u0007", "a\u00a0b")),
      (text) => {
        expect(outcome(ours.saslprep, text)).toBe(outcome(theirs.saslprep, text));
      },
    ),
    { numRuns: 500 },
  );
});
