import { type Collection, type Document, type Filter, MongoServerError, ObjectId } from "mongodb";
import * as z from "zod";
import { accountsCollection, type StoredAccount } from "../../accounts/document.ts";
import { emailKey, usernameKey } from "../../accounts/rules.ts";
import type { Database } from "../../db/connection.ts";
import { fieldsOf } from "../../db/fields-of.ts";
import { Failure } from "../../errors.ts";
import { mostCounted, type Position, type Slice } from "../../paging.ts";
import { orderOf, type SearchedField, type UserListQuery } from "./list-query.ts";
import { UserAccount } from "./user.ts";

const Listed = UserAccount.extend({ usernameKey: z.string(), now: z.date() });

/** Milliseconds for which the database may look for the users of a page, and count them. */
const patience = { page: 2_000, count: 1_000 };

/** The server's code for an operation that took longer than it may. */
const outOfTime = 50;

const endOfTexts = "\u{10ffff}";
const beginningWith = (text: string): Document => ({ $gte: text, $lt: `${text}${endOfTexts}` });

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");

const searches: Record<SearchedField, (text: string) => Document> = {
  username: (text) => ({ usernameKey: { $regex: escaped(usernameKey(text)) } }),
  name: (text) => ({ name: { $regex: escaped(text), $options: "i" } }),
  email: (text) => ({ email: { $regex: escaped(emailKey(text)) } }),
};

function filterOf(query: UserListQuery, searched: readonly SearchedField[]): Document {
  const { search, username_prefix: username, email_prefix: email } = query;
  return {
    ...(username !== undefined && { usernameKey: beginningWith(usernameKey(username)) }),
    ...(email !== undefined && { email: beginningWith(emailKey(email)) }),
    ...(query.user_type !== undefined && { userType: query.user_type }),
    ...(query.is_active !== undefined && { status: query.is_active ? "active" : "suspended" }),
    ...(query.is_verified !== undefined && { verified: query.is_verified }),
    ...(query.subscription_plan !== undefined && { plan: query.subscription_plan }),
    ...(search !== undefined && { $or: searched.map((field) => searches[field](search)) }),
  };
}

/** Indexes that give the order of a list by themselves, so that no list is sorted in memory. */
function indexFor(field: "_id" | "usernameKey" | "email", filter: Document): string {
  if (field !== "_id") return field === "email" ? "email" : "username";
  if ("plan" in filter) return "plan";
  if (filter.status === "suspended") return "status";
  if ("userType" in filter) return "user-type";
  if ("verified" in filter) return "verified";
  return "status" in filter ? "status" : "_id_";
}

interface Listing {
  query: UserListQuery;
  slice: Slice;
  /** What `search` looks into. */
  searched: readonly SearchedField[];
}

/** Users as lists show them. */
export function userListStore(database: Pick<Database, "run">) {
  return {
    /**
     * A part of the users that fit, and how many fit: null if counting takes more than a second.
     * @throws Failure SEARCH_TOO_BROAD if the part is not found within 2 s
     */
    list: async ({ query, slice: { skip, limit, after }, searched }: Listing) => {
      const { field, direction } = orderOf(query);
      const filter = filterOf(query, searched);
      const hint = indexFor(field, filter);
      const [found, total] = await database.run((db) => {
        const accounts = db.collection<StoredAccount>(accountsCollection.name);
        const page = accounts
          .find(from(filter, { field, direction, after }) as Filter<StoredAccount>, {
            projection: fieldsOf(Listed),
            hint,
            maxTimeMS: patience.page,
          })
          .sort({ [field]: direction })
          .skip(skip)
          .limit(limit + 1)
          .toArray();
        return Promise.all([page.catch(tooBroad), countOf(accounts, filter, hint)]);
      });
      const users = z.array(Listed).parse(found);
      const shown = users.slice(0, limit);
      const end = users.length > limit ? shown.at(-1) : undefined;
      const last: Position | undefined = end && [field, String(end[field])];
      return { users: shown, total, last };
    },
  };
}

export type UserListStore = ReturnType<typeof userListStore>;

/** The field that a list is sorted by, so that a cursor of another list is known, and its value. */
export const UserPosition = z
  .tuple([z.enum(["_id", "usernameKey", "email"]), z.string().max(300)])
  .refine(([field, value]) => field !== "_id" || ObjectId.isValid(value));

function from(
  filter: Document,
  { field, direction, after }: ReturnType<typeof orderOf> & { after: Position | undefined },
): Document {
  if (!after) return filter;
  const value = field === "_id" ? new ObjectId(String(after[1])) : String(after[1]);
  const beyond = { [direction === 1 ? "$gt" : "$lt"]: value };
  // Both bounds of a field with a prefix hold.
  return { ...filter, [field]: { ...filter[field], ...beyond } };
}

/** How many fit; without a filter as the server's own figures say. */
async function countOf(
  accounts: Collection<StoredAccount>,
  filter: Document,
  hint: string,
): Promise<number | null> {
  if (Object.keys(filter).length === 0) return accounts.estimatedDocumentCount();
  const options = { limit: mostCounted, maxTimeMS: patience.count, hint };
  return accounts.countDocuments(filter as Filter<StoredAccount>, options).catch((error) => {
    if (isOutOfTime(error)) return null;
    throw error;
  });
}

const isOutOfTime = (error: unknown): boolean =>
  error instanceof MongoServerError && error.code === outOfTime;

function tooBroad(error: unknown): never {
  throw isOutOfTime(error) ? new Failure("SEARCH_TOO_BROAD") : error;
}
