import { afterAll, beforeAll } from "@jest/globals";
import { startUpstream } from "../../../tools/local/upstream/server.ts";

const key = "sk-local";

export interface Completion {
  id: string;
  choices: {
    message: {
      content: string | null;
      tool_calls?: { function: { name: string; arguments: string } }[];
    };
    finish_reason: string;
  }[];
  usage?: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
  error?: { message: string; type: string };
}

export interface Chunk {
  choices: {
    index: number;
    delta: { content?: string; tool_calls?: object[] };
    finish_reason: string | null;
  }[];
  usage?: { total_tokens: number } | null;
}

/** One upstream for a test file, and the ways of asking it. */
export function useUpstream() {
  let upstream: Awaited<ReturnType<typeof startUpstream>>;
  beforeAll(async () => {
    upstream = await startUpstream({ apiKey: key });
  });
  afterAll(() => upstream.stop());

  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${upstream.url}${path}`, {
      ...init,
      headers: { Authorization: `Bearer ${key}`, ...init.headers },
    });

  const post = (body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    ask("/v1/chat/completions", {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", ...headers },
      ...(signal && { signal }),
    });

  return {
    ask,
    post,
    /** A chat of one user message. */
    chat: (content: string, more: object = {}) =>
      post({ model: "gpt-4o-mini", messages: [{ role: "user", content }], ...more }),
    completion: async (content: string, more: object = {}): Promise<Completion> => {
      const response = await post({
        model: "gpt-4o-mini",
        messages: [{ role: "user", content }],
        ...more,
      });
      return (await response.json()) as Completion;
    },
    requests: async () => {
      const { requests } = (await (await ask("/requests")).json()) as {
        requests: { body: { messages: { content: string }[] }; outcome: string; status?: number }[];
      };
      return requests;
    },
  };
}

/** The lines of a stream: what was parsed of each, and the text of those that are no JSON. */
export async function readStream(
  response: Response,
): Promise<{ chunks: Chunk[]; others: string[] }> {
  const lines = (await response.text()).split("\n\n").filter((line) => line !== "");
  const chunks: Chunk[] = [];
  const others: string[] = [];
  for (const line of lines) {
    const data = line.replace(/^data: /, "");
    try {
      chunks.push(JSON.parse(data) as Chunk);
    } catch {
      others.push(data);
    }
  }
  return { chunks, others };
}
