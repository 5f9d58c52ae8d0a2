import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, jest } from "@jest/globals";
import { type Bundle, productBundles } from "../../tools/bundles.ts";

jest.setTimeout(60_000);

const folder = await mkdtemp(join(tmpdir(), "bundles-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const bundles = await productBundles(".", folder);

const KB = 1_000;

/** What may be in no bundle: tools of ours, and packages that are large, for tests, or never used on Lambda. */
const nowhere = [
  /^(tools|tests|bench)\//,
  /^(tr46|whatwg-url|punycode|webidl-conversions|socks|kerberos|gcp-metadata)$/,
  /^(gpt-tokenizer|openai|fast-check|esbuild|serverless.*|mingo|jest.*|@swc\/.*)$/,
];

/** What only some functions need. */
const onlyIn: [RegExp, RegExp][] = [
  [/^@aws-sdk\/|^@smithy\//, /email|password|register|send-outbox|users\/update/],
  [/common-passwords\.json$/, /password|register|create/],
  [/^eventsource-parser$/, /chat|batch/],
  [
    /^lib\/(chat\/(?!styles)|upstream\/(?!provider\.ts)|research\/)/,
    /chat|batch|models|admin\/(health|stats)/,
  ],
  [/^lib\/upstream\/provider\.ts$/, /chat|batch|models|health|stats/],
  [
    /^lib\/(accounts|sessions|keys|email|staff)\/.*rules\.ts$/,
    /users|email|jobs|staff|admin|support/,
  ],
  [/^(mongodb|bson)$/, /^functions\/(?!root\/)/],
];

describe.each(bundles.map((one): [string, Bundle] => [one.entry, one]))(
  "the bundle of %s",
  (entry, { modules, bytes }) => {
    const names = [...modules.keys()];

    it("holds nothing that it never runs", () => {
      expect(names.filter((name) => nowhere.some((one) => one.test(name)))).toEqual([]);
      for (const [module, where] of onlyIn) {
        if (!where.test(entry)) expect(names.filter((name) => module.test(name))).toEqual([]);
      }
      // zod's texts in forty languages come with `import { z }`.
      expect(modules.get("zod")).toBeLessThan(150 * KB);
    });

    it("is small enough for a quick start", () => {
      expect(bytes).toBeLessThan((entry.includes("chat") ? 900 : 1_400) * KB);
    });
  },
);
