import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { type Bundle, bundled, productBundles } from "../tools/bundles.ts";
import { type Section, shown } from "./figures.ts";
import { median } from "./timing.ts";

const chat = "functions/chat/completions";
const driver = "the MongoDB driver alone";

/** Loads of each bundle, and of the two that are compared. */
const loads = 5;
const loadsCompared = 15;

/** In KB of 1,000 bytes. */
const largestChat = 900;

/**
 * How large every function's bundle is and how long it takes to load, each time in a new process.
 * The chat function stands beside a bundle of nothing but the driver, as esbuild makes it unasked.
 */
export async function benchColdStart(): Promise<Section> {
  await mkdir(".local", { recursive: true });
  const folder = await mkdtemp(resolve(".local", "bundles-"));
  try {
    const bundles = [...(await plainDriver(folder)), ...(await productBundles(".", folder))];
    const times = await loadTimes(bundles);
    const found = (entry: string) => {
      const one = bundles.find((each) => each.entry === entry);
      if (!one) throw new Error(`no bundle of ${entry}`);
      return { ...one, ms: median(times.get(one) ?? []), kb: one.bytes / 1_000 };
    };
    const [ofChat, ofDriver] = [found(chat), found(driver)];
    return {
      title: "Cold start",
      text: `Bundles with the settings of serverless.yml; medians of ${loads} loads (${loadsCompared} of the two compared) in new processes that take turns. The largest modules of chat's: ${largest(ofChat)}.`,
      ratios: [
        {
          what: "chat's bundle against a plain bundle of the driver, time to load",
          ours: ofChat.ms,
          other: ofDriver.ms,
          unit: "ms",
          aim: { of: "ratio", most: 1 },
          shortfall:
            "The bundle holds the driver too; what comes on top is mostly zod, which makes the schemas of requests, documents and settings while the bundle loads.",
        },
        {
          what: "chat's bundle against a plain bundle of the driver, size",
          ours: ofChat.kb,
          other: ofDriver.kb,
          unit: "KB",
          aim: { of: "ours", most: largestChat },
        },
      ],
      table: [
        ["bundle", "KB", "ms to load"],
        ...bundles.map(({ entry, bytes }) => [
          entry,
          shown(bytes / 1_000),
          found(entry).ms.toFixed(1),
        ]),
      ],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function plainDriver(folder: string): Promise<Bundle[]> {
  const source = join(folder, "driver.mjs");
  await writeFile(source, 'export { MongoClient } from "mongodb";\n');
  return bundled([driver], {
    entryPoints: { [driver]: source },
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    // Optional parts that are not installed.
    external: ["@mongodb-js/zstd", "gcp-metadata", "kerberos", "mongodb-client-encryption"].concat([
      "snappy",
      "socks",
      "@aws-sdk/credential-providers",
    ]),
    outdir: folder,
  });
}

/** Milliseconds of each load, the bundles taking turns. */
async function loadTimes(bundles: readonly Bundle[]): Promise<Map<Bundle, number[]>> {
  const times = new Map<Bundle, number[]>(bundles.map((bundle) => [bundle, []]));
  for (let round = 0; round < loadsCompared; round++) {
    for (const bundle of bundles) {
      const isCompared = bundle.entry === chat || bundle.entry === driver;
      if (round < loads || isCompared) times.get(bundle)?.push(await loadTime(bundle));
    }
  }
  return times;
}

async function loadTime({ file }: Bundle): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, ["bench/load-child.cjs", file], {
    env: { MONGODB_URI: "mongodb://127.0.0.1", TOKEN_SECRET: "x".repeat(32) },
  });
  return Number(stdout);
}

const largest = ({ modules }: Bundle): string =>
  [...modules]
    .slice(0, 10)
    .map(([name, bytes]) => `${name} ${shown(bytes / 1_000)} KB`)
    .join(", ");
