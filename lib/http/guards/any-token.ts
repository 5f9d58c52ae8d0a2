import { bearerToken } from "../bearer.ts";
import { guarding } from "./guard.ts";

/** Lets in whoever sends a token, whatever it is: `run` gets it as `token`. */
export const anyToken = guarding(
  { security: ["anyToken"], fails: ["AUTHENTICATION_REQUIRED"] },
  (_request, event) => ({ token: bearerToken(event) }),
);
