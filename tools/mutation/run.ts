/**
 * `npm run mutation [-- WORD…]`: changes the pure rules and tokens one small thing at a time, and
 * fails unless the tests notice at least 85 of 100 changes. With words only in files that have one
 * of them in their path.
 */
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { installOnDemand } from "../on-demand.ts";
import { hunted } from "./hunt.ts";
import { isEnough, report } from "./report.ts";
import { instrumented } from "./sources.ts";

const sources = [
  "lib/credits/{limit-headers,limits,refusal,rules}.ts",
  "lib/keys/{cidr,new-key,rules,view-key}.ts",
  "lib/redact.ts",
  "lib/security/{base62,bounded,derived-key,network,token}.ts",
  "lib/security/throttle/rules.ts",
  "lib/sessions/{new-session,rules,successor}.ts",
];

/** Tests of those alone, without a database. */
const tests = [
  "tests/credits/{limits,refusal,rules,verdicts}.test.ts",
  "tests/keys/{cidr,rules}.test.ts",
  "tests/redact.test.ts",
  "tests/security/{bounded,derived-key,network,token}.test.ts",
  "tests/security/throttle/rules.test.ts",
  "tests/sessions/{new-session,rules,successor}.test.ts",
];

installOnDemand("tools/mutation", "Stryker's instrumenter");
const words = process.argv.slice(2);
const chosen = globSync(sources)
  .filter((path) => words.length === 0 || words.some((word) => path.includes(word)))
  .sort();
const prepared = await instrumented(chosen);
const verdicts = await hunted(prepared, {
  tests: globSync(tests)
    .sort()
    .map((path) => resolve(path)),
  atOnce: availableParallelism(),
  say: (line) => console.log(line),
});
console.log(report(verdicts));
process.exitCode = isEnough(verdicts) ? 0 : 1;
