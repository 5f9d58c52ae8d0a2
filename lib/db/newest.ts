import type { Collection, Document, Filter } from "mongodb";
import * as z from "zod";
import { mostCounted, type Position, type Slice } from "../paging.ts";

/** The form of a position among entries by their time: `at` in milliseconds, and the id. */
export const TimePosition = z.tuple([z.int().min(0).max(8.64e15), z.string().max(200)]);

interface Newest {
  filter: Document;
  slice: Slice;
  projection?: Document;
  /** The id of an entry from its text. */
  idOf: (text: string) => unknown;
}

/**
 * A part of the entries that fit, the newest first, and how many fit, counted as far as `mostCounted`.
 * Wants an index that ends in `{ at: -1, _id: -1 }`.
 */
export async function newest<Entry extends { _id: unknown; at: Date } & Document>(
  collection: Collection<Entry>,
  { filter, slice: { skip, limit, after }, projection, idOf }: Newest,
): Promise<{ entries: Entry[]; total: number; last: Position | undefined }> {
  const [found, total] = await Promise.all([
    collection
      .find(from(filter, after, idOf) as Filter<Entry>, { ...(projection && { projection }) })
      .sort({ at: -1, _id: -1 })
      .skip(skip)
      .limit(limit + 1)
      .toArray() as Promise<Entry[]>,
    collection.countDocuments(filter as Filter<Entry>, { limit: mostCounted }),
  ]);
  const entries = found.slice(0, limit);
  const end = found.length > limit ? entries.at(-1) : undefined;
  return { entries, total, last: end && [end.at.getTime(), String(end._id)] };
}

/** The bound on `at` says nothing new, but lets the index begin where the list goes on. */
function from(filter: Document, after: Position | undefined, idOf: Newest["idOf"]): Document {
  if (!after) return filter;
  const at = new Date(Number(after[0]));
  const rest = [{ at: { $lt: at } }, { at, _id: { $lt: idOf(String(after[1])) } }];
  return { ...filter, at: { ...filter.at, $lte: at }, $or: rest };
}
