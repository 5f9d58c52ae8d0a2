import type { ObjectId } from "mongodb";
import type { StoredKey } from "../accounts/document.ts";
import { Failure } from "../errors.ts";

/** The key of an account with that id. @throws Failure NOT_FOUND if it has none */
export function ownKey(keys: readonly StoredKey[], id: ObjectId): StoredKey {
  const key = keys.find((one) => one.id.equals(id));
  if (!key) throw new Failure("NOT_FOUND");
  return key;
}
