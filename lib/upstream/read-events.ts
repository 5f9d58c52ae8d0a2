import { createParser } from "eventsource-parser";
import { readJson } from "./read-json.ts";
import { brokenOff } from "./upstream-error.ts";
import type { Watch } from "./watch.ts";

interface ReadOptions<Event> {
  watch: Watch;
  /** A text of the provider's as it may be logged. */
  hide: (text: string) => string;
  parse: (json: unknown) => Event;
}

/** Characters of one event; a provider that sends more in one is not speaking this language. */
const longestEvent = 4 * 1024 * 1024;

/**
 * The events of a stream in OpenAI's form, up to its `[DONE]`.
 * @throws UpstreamError if the stream ends before it, or an event is not what it should be
 */
export async function* readEvents<Event>(
  { body }: Response,
  { watch, hide, parse }: ReadOptions<Event>,
): AsyncGenerator<Event, void> {
  const waiting: string[] = [];
  const parser = createParser({
    maxBufferSize: longestEvent,
    onEvent: ({ data }) => waiting.push(data),
    onError: (error) => {
      if (error.type === "max-buffer-size-exceeded") throw error;
    },
  });
  for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    // Until the next bytes are waited for: whoever reads may take its time.
    watch.pause();
    parser.feed(text);
    for (const data of waiting.splice(0)) {
      if (data === "[DONE]") return;
      yield parse(eventOf(data, hide));
    }
    watch.listen();
  }
  throw brokenOff("the stream ended before [DONE]");
}

function eventOf(data: string, hide: ReadOptions<unknown>["hide"]): unknown {
  const event = readJson(data);
  if (typeof event === "object" && event !== null && "error" in event) {
    throw brokenOff(`an error in the stream: ${hide(data).slice(0, 500)}`);
  }
  return event;
}
