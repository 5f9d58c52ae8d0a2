import * as z from "zod";
import { Failure } from "../../lib/errors.ts";
import { endpoint } from "../../lib/runtime.ts";

/** OPTIONS of every path: the CORS middleware answers a preflight before it gets here. */
export const handler = endpoint({
  reply: z.never(),
  run: () => {
    throw new Failure("NOT_FOUND");
  },
});
