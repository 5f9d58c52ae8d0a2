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
): Promise<AsyncGenerator<string, void>> {
  const events = withSilences(work.events, heartbeat);
  const first = await events.next();

  async function* pieces(): AsyncGenerator<string, void> {
    let begun = false;
    let failure: Failure | undefined = left;
    try {
      for (let next = first; !next.done; next = await events.next()) {
        if (next.value === silence) yield ": still here\n\n";
        else {
          yield eventText(next.value);
          // Whoever reads has asked for more, so it has taken this one.
          begun ||= work.isAnswer(next.value);
        }
      }
      failure = undefined;
    } catch (error) {
      failure = asFailure(signal.aborted ? signal.reason : error);
    } finally {
      await events.return();
      await settle({ begun, failure });
    }
    yield failure ? errorText(failure) : lastEvent;
  }
  return pieces();
}
