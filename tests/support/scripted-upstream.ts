import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "@jest/globals";

/** What a provider does with a request; `streamed` if a stream was asked for. */
export type Script = (response: ServerResponse, streamed: boolean) => unknown;

/** A provider's good answer, with what the test wants otherwise. */
export const goodAnswer = (changes: object = {}) => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1_700_000_000,
  model: "gpt-4o-mini",
  choices: [
    { index: 0, message: { role: "assistant", content: "Grüße 🌍" }, finish_reason: "stop" },
  ],
  usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
  ...changes,
});

/** One piece of a good stream, with what the test wants otherwise. */
export const goodPiece = (content: string, changes: object = {}) => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1_700_000_000,
  model: "gpt-4o-mini",
  choices: [{ index: 0, delta: { role: "assistant", content }, finish_reason: null }],
  ...changes,
});

export const eventText = (event: unknown): string => `data: ${JSON.stringify(event)}\n\n`;
export const doneText = "data: [DONE]\n\n";

/** The text of a good stream, with what the test wants otherwise in its last piece. */
export const goodStream = (changes: object = {}): string =>
  [
    eventText(goodPiece("Grüße ")),
    eventText(goodPiece("🌍")),
    eventText({ ...goodPiece(""), choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
    eventText({ ...goodPiece(""), choices: [], usage: goodAnswer().usage, ...changes }),
    doneText,
  ].join("");

/** The head of an answer in the form that was asked for. */
export const head = (response: ServerResponse, streamed: boolean, status = 200): ServerResponse =>
  response.writeHead(status, {
    "Content-Type": streamed ? "text/event-stream" : "application/json",
  });

/** Answers well. */
export const good: Script = (response, streamed) =>
  head(response, streamed).end(streamed ? goodStream() : JSON.stringify(goodAnswer()));

/**
 * A provider that does as the last message says, by the names in `scripts`, and answers all others
 * well. To be called at the top of a test file.
 */
export async function scriptedUpstream(scripts: ReadonlyMap<string, Script>) {
  const bytes = new Map<string, number>();
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const part of request) text += part;
    const { messages, stream } = JSON.parse(text);
    const name = messages.at(-1).content;
    const { socket } = response;
    const before = socket?.bytesWritten ?? 0;
    response.once("close", () => bytes.set(name, (socket?.bytesWritten ?? 0) - before));
    // Whoever cuts the connection ends the script.
    response.on("error", () => {});
    await (scripts.get(name) ?? good)(response, stream === true);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Bytes that were taken of the last answer to a message. */
    taken: (name: string): number => bytes.get(name) ?? 0,
  };
}

/** Writes texts as fast as they are taken, until there are no more or the other side has gone. */
export async function pour(response: ServerResponse, texts: Iterable<string>): Promise<boolean> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  for (const text of texts) {
    if (response.destroyed) return false;
    if (response.write(text)) continue;
    await once(response, "drain", { signal: gone.signal }).catch(() => "the other side has gone");
  }
  return !response.destroyed;
}
