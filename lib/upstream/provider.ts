import type { Settings } from "../settings/rules.ts";

/** Somebody who answers in the form of OpenAI's API. */
export interface Provider {
  name: string;
  /** Base URL with its `/v1`, without a slash at the end. */
  url: string;
  /** The bearer key; undefined where none is wanted. */
  key: () => Promise<string | undefined>;
  /** The provider's name of a model by ours; one it does not name keeps its name. */
  models: Readonly<Record<string, string>>;
  /** Longest silence in milliseconds. */
  timeoutMs: number;
}

interface ProvidersDeps {
  settings: { current(): Promise<Pick<Settings, "providers">>; version(): number };
  /** The provider that the environment names. */
  environment: {
    url: string | undefined;
    key: string | undefined;
    keyParameter: string | undefined;
  };
  readParameter: (name: string) => Promise<string>;
}

/** Milliseconds; the environment's provider has no setting for it. */
const environmentTimeout = 120_000;

/** Makes the list of providers in the order they are to be asked: those of the settings, else the environment's. */
export function providersOf({ settings, environment, readParameter }: ProvidersDeps) {
  // Read once for each version of the settings: DELETE /v1/admin/cache makes another, and so a
  // rotated key is taken up.
  const keys = new Map<string, Promise<string>>();
  let version = 0;
  const keptKey = (parameter: string): Promise<string> => {
    if (version !== settings.version()) keys.clear();
    version = settings.version();
    const kept = keys.get(parameter) ?? readParameter(parameter);
    keys.set(parameter, kept);
    kept.catch(() => keys.delete(parameter));
    return kept;
  };

  const keyIn = (parameter: string | undefined) => async (): Promise<string | undefined> =>
    parameter === undefined ? undefined : keptKey(parameter);
  const withoutSlash = (url: string): string => url.replace(/\/+$/, "");

  return async (): Promise<Provider[]> => {
    const { providers } = await settings.current();
    if (providers.length > 0) {
      return providers.map(({ name, url, keyParameter, models, timeoutSeconds }) => ({
        name,
        url: withoutSlash(url),
        key: keyIn(keyParameter),
        models,
        timeoutMs: timeoutSeconds * 1_000,
      }));
    }
    const { url, key, keyParameter } = environment;
    if (url === undefined) return [];
    return [
      {
        name: "environment",
        url: withoutSlash(url),
        key: key === undefined ? keyIn(keyParameter) : async () => key,
        models: {},
        timeoutMs: environmentTimeout,
      },
    ];
  };
}
