import { Failure } from "../errors.ts";
import type { HttpContext } from "./request.ts";

/**
 * What answers a request, and then gives back the place that the guard took for a proof of the
 * password, if nothing has become of it, however the request has ended. It waits for the end of the
 * work itself, not only of the time for it: a hash that is still under way may yet fit.
 */
export const givingBackPlace =
  <Event, Result>(answer: (event: Event, context: HttpContext) => Promise<Result>) =>
  async (event: Event, context: HttpContext): Promise<Result> => {
    try {
      const result = await answer(event, context);
      await giveBack(context);
      return result;
    } catch (error) {
      const givenBack = giveBack(context);
      // What has just been away is asked again, and not waited for.
      const isAway = error instanceof Failure && error.code === "DATABASE_UNAVAILABLE";
      if (!isAway) await givenBack;
      throw error;
    }
  };

/** A place that can't be given back counts as a failure in a minute; the answer is known all the same. */
async function giveBack({ proof, facts }: HttpContext): Promise<void> {
  try {
    await proof?.giveBack();
  } catch (error) {
    facts?.log.warn("place of a proof not given back", { error });
  }
}
