import * as z from "zod";
import document from "../../docs/openapi.json" with { type: "json" };
import { publicEndpoint } from "../../lib/runtime.ts";

/** GET /openapi.json: written by `npm run docs:openapi` */
export const handler = publicEndpoint({
  reply: z.looseObject({ openapi: z.string() }),
  run: () => document,
});
