import * as z from "zod";

/** A whole number in an address, in digits alone: `0x10`, `1e1` and ` 5` are none. */
export const wholeNumber = (least: number, most: number, seen: { default?: number } = {}) =>
  z
    .string()
    .regex(/^\d{1,7}$/, { error: "must be a whole number" })
    // What it means to whoever reads the document of the API.
    .meta({ type: "integer", minimum: least, maximum: most, pattern: undefined, ...seen })
    .transform(Number)
    .pipe(z.int().min(least).max(most));

/** The same, or `otherwise` where it is left out. */
export const wholeNumberOr = (otherwise: number, least: number, most: number) =>
  wholeNumber(least, most, { default: otherwise }).default(otherwise);
