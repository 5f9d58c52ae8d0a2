import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type BuildOptions, build, type Metafile } from "esbuild";
import { readService } from "./local/gateway/service.ts";

export interface Bundle {
  /** As `handler` of its function says it, without `.handler`. */
  entry: string;
  /** The bundle on the disk. */
  file: string;
  bytes: number;
  /** Bytes of it by the module they come from: a package's name, or a path of ours. */
  modules: ReadonlyMap<string, number>;
}

/** What serverless.yml says to serverless-esbuild, as esbuild takes it. */
interface EsbuildSettings extends Omit<BuildOptions, "exclude"> {
  exclude: string[];
  skipRebuild?: boolean;
  concurrency?: number;
}

/** Entries of all functions, as their `handler` says them. */
export async function functionEntries(directory: string): Promise<string[]> {
  const { functions } = await readService(directory);
  const entries = Object.values(functions).map(({ handler }) => handler.replace(/\.handler$/, ""));
  return [...new Set(entries)].sort();
}

/** A bundler that takes its settings from serverless.yml, so that what it makes is what is deployed. */
export async function productBundler(directory: string) {
  const { serverless } = await readService(directory);
  // Words of the plugin's own are none of esbuild's.
  const {
    exclude,
    skipRebuild: _,
    concurrency: __,
    ...settings
  } = (serverless.service as unknown as { custom: { esbuild: EsbuildSettings } }).custom.esbuild;
  return (entry: string, folder: string): Promise<Bundle> =>
    bundled(entry, {
      ...settings,
      absWorkingDir: resolve(directory),
      entryPoints: [`${entry}.ts`],
      external: exclude,
      outfile: join(folder, `${entry}.cjs`),
    });
}

/** The bundle of one entry. */
export async function bundled(
  entry: string,
  options: BuildOptions & { outfile: string },
): Promise<Bundle> {
  await mkdir(join(options.outfile, ".."), { recursive: true });
  const { metafile } = await build({ ...options, metafile: true, logLevel: "error" });
  const [output] = Object.entries(metafile.outputs).filter(([path]) => path.endsWith(".cjs"));
  if (!output) throw new Error(`esbuild made nothing of ${entry}`);
  const [, { bytes, inputs }] = output;
  return { entry, file: options.outfile, bytes, modules: byModule(inputs) };
}

function byModule(inputs: Metafile["outputs"][string]["inputs"]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
    const name = moduleOf(path);
    sizes.set(name, (sizes.get(name) ?? 0) + bytesInOutput);
  }
  return new Map([...sizes].filter(([, bytes]) => bytes > 0).sort(([, a], [, b]) => b - a));
}

/** The package that a path is in, or the path if it is ours. */
const moduleOf = (path: string): string =>
  /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path;
