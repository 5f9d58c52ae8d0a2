import type { Failure } from "../errors.ts";
import { silence, withSilences } from "./heartbeat.ts";
import type { StreamWork } from "./work.ts";

/** Milliseconds without an event after which a comment says that the answer is still coming. */
const heartbeat = 15_000;

export const eventText = (event: object): string => `data: ${JSON.stringify(event)}\n\n`;

/** By which clients of OpenAI's API know that a stream is whole. */
export const lastEvent = "data: [DONE]\n\n";

interface StreamOptions {
  /** Ends the work, with its reason. */
  signal: AbortSignal;
  /** What is sent for a failure in the middle. */
  errorText: (failure: Failure) => string;
  asFailure: (thrown: unknown) => Failure;
  /** Charges and records; called once, whatever happens. `failure` is what ended the stream before its end. */
  settle: (end: { begun: boolean; failure: Failure | undefined }) => Promise<unknown>;
  /** What ended it if whoever reads just stops. */
  left: Failure;
}

interface EventText {
  text: AsyncGenerator<string, void>;
  /** To be told of each piece of the text that was written to whoever reads. */
  written: () => void;
}

/**
 * The text of a stream of server-sent events in OpenAI's form. It is settled before its last piece,
 * `[DONE]`, because what runs after the end of a body may be frozen. Resolves once the first event
 * has come, the work has failed, or there was silence for a while: until then an answer can still
 * have another status.
 * @throws whatever the work throws before its first event; nothing is settled then
 */
export async function eventStream(
  work: StreamWork,
  { signal, errorText, asFailure, settle, left }: StreamOptions,
): Promise<EventText> {
  const events = withSilences(work.events, heartbeat);
  const first = await events.next();

  /** Whether the piece that was handed out last is of the answer itself. */
  let isAnswer = false;
  let begun = false;

  async function* pieces(): AsyncGenerator<string, void> {
    let failure: Failure | undefined = left;
    try {
      for (let next = first; !next.done; next = await events.next()) {
        isAnswer = next.value !== silence && work.isAnswer(next.value);
        yield next.value === silence ? ": still here\n\n" : eventText(next.value);
      }
      failure = undefined;
    } catch (error) {
      failure = asFailure(signal.aborted ? signal.reason : error);
    } finally {
      // A provider that breaks off while it is given up, or ends late, must not keep the charge. Its
      // failure is not told: the answer's own end is decided by now, in `failure`.
      const ended = events.return().catch(() => {});
      await settle({ begun, failure });
      await ended;
    }
    isAnswer = false;
    yield failure ? errorText(failure) : lastEvent;
  }

  const written = (): void => {
    begun ||= isAnswer;
  };
  return { text: pieces(), written };
}
