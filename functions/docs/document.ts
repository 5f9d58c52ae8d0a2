import * as z from "zod";
import document from "../../docs/openapi.json" with { type: "json" };
import { endpoint } from "../../lib/runtime.ts";

/** GET /openapi.json: written by `npm run docs:openapi` */
export const handler = endpoint({
  reply: z.looseObject({ openapi: z.string() }),
  run: () => document,
});
