import { Failure } from "../errors.ts";
import { keptFresh } from "../fresh.ts";
import { effective } from "./effective.ts";
import { baseSettings } from "./environment.ts";
import type { Settings } from "./rules.ts";
import type { SettingsStore } from "./store.ts";

/** Milliseconds that a request waits for newer settings while there are old ones: it has 5 s for all it needs of the database. */
const patience = 1_000;

interface ReaderDeps {
  store: Pick<SettingsStore, "service">;
  /** What the environment says in place of the defaults. */
  environment: Record<string, unknown>;
  /** Milliseconds on a clock that only goes forward. */
  now?: () => number;
}

export interface SettingsReader {
  /**
   * The settings as they were at most 10 s ago; while the database is away or slow, as they were last read.
   * @throws Failure DATABASE_UNAVAILABLE if it is away and they were never read
   * @throws Error naming the field, if what is stored is no settings
   */
  current(): Promise<Settings>;
}

export interface VersionedSettings extends SettingsReader {
  /** Of the settings that were read last; 0 if none were, or none are stored. */
  version(): number;
}

/** Reads the settings once every 10 s for this process, however many ask. */
export function settingsReader({ store, environment, now }: ReaderDeps): VersionedSettings {
  const base = baseSettings(environment);
  const kept = keptFresh(async () => {
    const stored = await store.service();
    return { version: stored.version, settings: effective(base, stored) };
  }, now);

  return {
    current: async () => {
      const fresh = kept.fresh();
      if (fresh) return fresh.settings;
      const newer = kept.read().then(({ settings }) => settings);
      const old = kept.last()?.settings;
      if (!old) return newer;
      // Old settings are still settings; a changed one that cannot be read yet is not an open door.
      const orOld = newer.catch((error: unknown) => {
        if (error instanceof Failure) return old;
        throw error;
      });
      return within(patience, orOld, old);
    },
    version: () => kept.last()?.version ?? 0,
  };
}

/** What `work` comes to, or `otherwise` if it takes longer; it goes on all the same. */
function within<Result>(
  milliseconds: number,
  work: Promise<Result>,
  otherwise: Result,
): Promise<Result> {
  const { promise, resolve } = Promise.withResolvers<Result>();
  const timer = setTimeout(() => resolve(otherwise), milliseconds);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
