import { execFile } from "node:child_process";
import { access, constants, mkdir } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { MongoMemoryReplSet } from "mongodb-memory-server-core";

/** Older servers lack the commands and operators the stores are written with. */
export const oldestMajor = 8;

export const isTooOld = (version: string): boolean => Number.parseInt(version, 10) < oldestMajor;

export type Mongod = { binary: string; version: string };

/**
 * The installed `mongod`: that of MONGOMS_SYSTEM_BINARY, or the first one on the PATH.
 * Undefined if there is none, or (with a line in the log) if the one named is none or it is older than 8.
 */
export const findMongod = async (
  log: (line: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Mongod | undefined> => {
  const binary = await findBinary(env);
  if (binary === undefined) {
    const named = env.MONGOMS_SYSTEM_BINARY;
    if (named) log(`MONGOMS_SYSTEM_BINARY names no program: ${named}; it is not used`);
    return undefined;
  }
  const version = await versionOf(binary);
  if (version !== undefined && !isTooOld(version)) return { binary, version };
  const found = version === undefined ? "does not tell its version" : `is ${version}`;
  log(`${binary} ${found}; MongoDB ${oldestMajor} or newer is needed, so it is not used`);
  return undefined;
};

const findBinary = async (env: NodeJS.ProcessEnv): Promise<string | undefined> => {
  const candidates = env.MONGOMS_SYSTEM_BINARY
    ? [env.MONGOMS_SYSTEM_BINARY]
    : (env.PATH ?? "")
        .split(path.delimiter)
        .filter(Boolean)
        .map((folder) => path.join(folder, process.platform === "win32" ? "mongod.exe" : "mongod"));
  for (const candidate of candidates) {
    const isExecutable = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isExecutable) return candidate;
  }
  return undefined;
};

const versionOf = async (binary: string): Promise<string | undefined> => {
  try {
    const { stdout } = await promisify(execFile)(binary, ["--version"], { timeout: 10_000 });
    return /db version v(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
};

/** Runs `mongod` as a replica set of one, on a free port of 127.0.0.1. */
export const startMongod = async (
  { binary, version }: Mongod,
  directory: string | undefined,
): Promise<{ uri: string; stop: () => Promise<void> }> => {
  const dbPath = directory && path.join(directory, "mongod");
  if (dbPath) await mkdir(dbPath, { recursive: true });
  const replicaSet = await MongoMemoryReplSet.create({
    binary: { systemBinary: binary, version },
    instanceOpts: [dbPath ? { dbPath, storageEngine: "wiredTiger" } : {}],
    replSet: { count: 1, ip: "127.0.0.1", storageEngine: "wiredTiger" },
  });
  return {
    uri: replicaSet.getUri(),
    stop: async () => {
      await replicaSet.stop({ doCleanup: dbPath === undefined });
    },
  };
};
