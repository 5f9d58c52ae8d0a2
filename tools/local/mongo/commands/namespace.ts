import { fail } from "../errors.ts";
import type { Value } from "../values/codec.ts";

/**
 * A collection's name as the first field of a command gives it.
 * @throws ServerError InvalidNamespace.
 */
export const collectionName = (value: Value): string => {
  if (typeof value !== "string")
    return fail("InvalidNamespace", "collection name has invalid type");
  if (value === "" || value.startsWith(".") || value.includes("\0") || value.length > 255) {
    return fail("InvalidNamespace", `Invalid collection name: '${value}'`);
  }
  return value;
};

/** A name that a new collection may have. @throws ServerError InvalidNamespace. */
export const newCollectionName = (value: Value): string => {
  const name = collectionName(value);
  return name.includes("$") || name.startsWith("system.")
    ? fail("InvalidNamespace", `Invalid collection name: ${name}`)
    : name;
};

export const fullName = (db: string, collection: string): string => `${db}.${collection}`;
