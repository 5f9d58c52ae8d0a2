import * as z from "zod";

/**
 * Faults a caller can ask the stand-in upstream for, in the last user message as `[[name value]]` or
 * in the header `X-Fault: name value; name value`. Several may be combined.
 *
 * | fault           | what the upstream does                                                          |
 * |-----------------|---------------------------------------------------------------------------------|
 * | `status N`      | answers status N (400 to 599) with OpenAI's error body                          |
 * | `retry-after S` | adds `Retry-After: S` to that answer                                            |
 * | `delay MS`      | waits before the first byte                                                     |
 * | `pace MS`       | waits before each further piece of a stream                                     |
 * | `words N`       | answers N words (0 to 100,000), for long replies                                |
 * | `cut N`         | breaks the connection after N pieces of a stream, or N bytes of a whole answer  |
 * | `hang`          | accepts the request and never answers; `hang N` after N pieces of a stream      |
 * | `malformed`     | answers 200 with a body that is not JSON (a stream: one such line in the middle) |
 * | `usage none`    | leaves the usage out                                                            |
 *
 * A fault it doesn't know, or a value out of bounds, is answered 400 and names it: a test that asks
 * for a fault must get it.
 */
const faultSchema = z.strictObject({
  status: z.coerce.number().int().min(400).max(599).optional(),
  "retry-after": z.coerce.number().int().min(0).optional(),
  delay: z.coerce.number().int().min(0).default(0),
  pace: z.coerce.number().int().min(0).default(0),
  words: z.coerce.number().int().min(0).max(100_000).optional(),
  cut: z.coerce.number().int().min(0).optional(),
  hang: z.coerce.number().int().min(0).optional(),
  malformed: z.literal("").optional(),
  usage: z.literal("none").optional(),
});

export type Faults = z.output<typeof faultSchema>;

const marker = /\[\[([a-z-]+) ?([^\]]*)\]\]/g;

/**
 * The faults that a header and a message ask for; the header wins.
 * @throws z.ZodError for an unknown fault or a value out of bounds
 */
export function readFaults(header: string | undefined, message: string): Faults {
  const fromMessage = [...message.matchAll(marker)].map(([, name = "", value = ""]) => [
    name,
    value,
  ]);
  const fromHeader = (header ?? "")
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => {
      const [name = "", ...value] = part.split(" ");
      return [name, value.join(" ")];
    });
  return faultSchema.parse(Object.fromEntries([...fromMessage, ...fromHeader]));
}

/** The message without its markers. */
export const withoutFaults = (message: string): string => message.replace(marker, "").trim();
