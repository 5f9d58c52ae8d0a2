import { keptFresh } from "../fresh.ts";
import { askOnce } from "./client.ts";
import type { Provider } from "./provider.ts";
import { longestAnswer, readText } from "./read-text.ts";
import { UpstreamError } from "./upstream-error.ts";

/** How a provider took a question of one token. */
export interface ProviderState {
  name: string;
  /** `busy` is a limit of the provider's own; `failed` is no answer, a wrong key or an error. */
  state: "answers" | "busy" | "failed";
  /** Milliseconds until that was known. */
  ms: number;
}

interface CheckDeps {
  providers: () => Promise<Provider[]>;
  /** As the settings name it. */
  model: () => Promise<string>;
  /** In milliseconds, for tests. */
  now?: () => number;
}

/** Milliseconds after which a provider counts as failed. */
const patience = 5_000;

/** Asks each provider for one token of a model, all at once; at most once every 10 s for this process, since each asking costs. */
export function providerCheck({ providers, model, now }: CheckDeps) {
  const kept = keptFresh(async () => {
    const [list, name] = await Promise.all([providers(), model()]);
    return Promise.all(list.map((provider) => stateOf(provider, name)));
  }, now);
  return async (): Promise<ProviderState[]> => kept.fresh() ?? kept.read();
}

async function stateOf(provider: Provider, model: string): Promise<ProviderState> {
  const startedAt = performance.now();
  const state = await askOnce(
    provider,
    { model, messages: [{ role: "user", content: "ping" }], max_tokens: 1 },
    {
      signal: AbortSignal.timeout(patience),
      read: (response) => readText(response, { mostBytes: longestAnswer }),
    },
  ).then(() => "answers" as const, stateIn);
  return { name: provider.name, state, ms: Math.round(performance.now() - startedAt) };
}

function stateIn(error: unknown): ProviderState["state"] {
  const code = error instanceof UpstreamError ? error.failure.code : undefined;
  if (code === "UPSTREAM_BUSY") return "busy";
  // It knows the key and the model; it is the question that some models take in another form.
  return code === "UPSTREAM_REJECTED" ? "answers" : "failed";
}
