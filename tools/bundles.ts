import { resolve } from "node:path";
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

/**
 * The bundles of all functions, with the settings of serverless.yml, so that what is made is what is
 * deployed; all at once, which parses what they share once.
 */
export async function productBundles(directory: string, folder: string): Promise<Bundle[]> {
  const { serverless } = await readService(directory);
  // Words of the plugin's own are none of esbuild's.
  const {
    exclude,
    skipRebuild: _,
    concurrency: __,
    ...settings
  } = (serverless.service as unknown as { custom: { esbuild: EsbuildSettings } }).custom.esbuild;
  const entries = await functionEntries(directory);
  return bundled(entries, {
    ...settings,
    absWorkingDir: resolve(directory),
    entryPoints: Object.fromEntries(entries.map((entry) => [entry, `${entry}.ts`])),
    external: exclude,
    outdir: folder,
  });
}

/** Bundles by the names of their entry points. */
export async function bundled(
  entries: readonly string[],
  options: BuildOptions & { outdir: string },
): Promise<Bundle[]> {
  const { metafile } = await build({
    ...options,
    outExtension: { ".js": ".cjs" },
    metafile: true,
    logLevel: "error",
  });
  const outputs = new Map(
    Object.entries(metafile.outputs).map(([path, output]) => [resolve(path), output]),
  );
  return entries.map((entry) => {
    const file = resolve(options.outdir, `${entry}.cjs`);
    const output = outputs.get(file);
    if (!output) throw new Error(`esbuild made nothing of ${entry}`);
    return { entry, file, bytes: output.bytes, modules: byModule(output.inputs) };
  });
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
