import * as z from "zod";

/**
 * Moments that can be told again: an offset can move a time out of the years that are written with
 * four digits (RFC 3339, section 1), in which no answer can hold it.
 */
const earliest = new Date(0);
export const latest = new Date("9999-12-31T23:59:59.999Z");

/** What a text of one of the forms that `Date` reads stands for. */
export const momentOf = (form: z.ZodType<string>) =>
  form
    .transform((text) => new Date(text))
    .refine((time) => time >= earliest && time <= latest, {
      error: "must be within the years 1970 to 9999, UTC",
    });

/** A moment with its zone. */
export const moment = momentOf(z.iso.datetime({ offset: true }));
