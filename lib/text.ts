import * as z from "zod";

/** Control characters and halves of characters stand nowhere, but for tabs and line breaks in longer texts. */
export const control = /[\p{Cc}\p{Cs}]/u;
const textControl = /[^\P{Cc}\t\n\r]|\p{Cs}/u;
/** Marks of the direction of writing can make a name read as another one. */
const lineControl = /[\p{Cc}\p{Cs}\p{Bidi_Control}]/u;

/** Refuses texts that have what a pattern finds. */
export const without = (pattern: RegExp) =>
  z.refine<string>((text) => !pattern.test(text), {
    error: "must not contain control characters",
  });

/** A text on one line, without blanks around it. */
export const line = (least: number, most: number) =>
  z.string().trim().min(least).max(most).check(without(lineControl));

/** A text that may have several lines. */
export const text = (most: number) => z.string().max(most).check(without(textControl));
