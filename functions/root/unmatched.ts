import * as z from "zod";
import { Failure } from "../../lib/errors.ts";
import { publicEndpoint } from "../../lib/runtime.ts";

/**
 * ANY /{proxy+}: every address that no other function has. Preflights of all paths come here too
 * and are answered by the builder before `run`.
 */
export const handler = publicEndpoint({
  reply: z.never(),
  fails: ["NOT_FOUND"],
  run: () => {
    throw new Failure("NOT_FOUND");
  },
});
