import * as z from "zod";
import { Failure } from "./errors.ts";
import { wholeNumber, wholeNumberOr } from "./whole-number.ts";

/** Entries that pages by number reach: whatever comes before a page is read to be passed over. */
const furthest = 10_000;

/** Entries that are counted at most for `total_count`. */
export const mostCounted = 10_000;

/** What lists ask by: a page by its number, or what follows the `next_cursor` of an answer. */
export const PageQuery = z.object({
  page: wholeNumber(1, furthest).optional(),
  page_size: wholeNumberOr(50, 1, 100),
  cursor: z.string().min(1).max(1_000).optional(),
});
export type PageQuery = z.output<typeof PageQuery>;

/** What lists say of themselves. */
export const PageFacts = z.object({
  /** Of all pages, counted up to 10,000; null where counting took too long. */
  total_count: z.int().nullable(),
  /** Null for what was asked for by its cursor. */
  page: z.int().nullable(),
  page_size: z.int(),
  /** Asks for what comes after; null at the end. */
  next_cursor: z.string().nullable(),
});

/** Where a list goes on: the values it is sorted by, of the last entry that was shown. */
export type Position = readonly (string | number)[];

/** Which part of a list is asked for. */
export interface Slice {
  skip: number;
  limit: number;
  after: Position | undefined;
}

/**
 * The part of a list that is asked for. `position` is the form of a position in it.
 * @throws Failure VALIDATION_FAILED for a page and a cursor at once, a page too far on, or a cursor
 * that was made for another list
 */
export function sliceOf(
  { page, page_size: limit, cursor }: PageQuery,
  position: z.ZodType<Position>,
): Slice {
  if (cursor === undefined) {
    const skip = ((page ?? 1) - 1) * limit;
    if (skip + limit <= furthest) return { skip, limit, after: undefined };
    throw wrong("page", `must end within the first ${furthest} entries: go on by next_cursor`);
  }
  if (page !== undefined) throw wrong("cursor", "must not be sent together with page");
  const after = position.safeParse(readCursor(cursor));
  if (!after.success) throw wrong("cursor", "must be the next_cursor of an answer of this list");
  return { skip: 0, limit, after: after.data };
}

/** What an answer says of its list; `last` is the position of its last entry if others follow. */
export const pageFacts = (
  { page, page_size, cursor }: PageQuery,
  { total, last }: { total: number | null; last: Position | undefined },
): z.output<typeof PageFacts> => ({
  total_count: total,
  page: cursor === undefined ? (page ?? 1) : null,
  page_size,
  next_cursor: last ? Buffer.from(JSON.stringify(last)).toString("base64url") : null,
});

function readCursor(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    return undefined;
  }
}

const wrong = (path: string, message: string): Failure =>
  new Failure("VALIDATION_FAILED", { errors: [{ path, message }] });
