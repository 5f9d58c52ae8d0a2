import { fail } from "../errors.ts";
import { MAX_DOCUMENT_BYTES } from "../limits.ts";
import { type Doc, encode } from "../values/codec.ts";
import { encodeExact } from "../values/encode.ts";
import { kindOf } from "../values/kinds.ts";

/**
 * A document as it is stored: `_id` first, and as bytes; `exact` if reading the bytes would give a
 * document like `stored` in every way. Throws InvalidIdField (53) for an `_id`
 * that is missing, an array or a regular expression, and BSONObjectTooLarge (10334).
 */
export function storedForm(doc: Doc): {
  stored: Doc;
  document: Uint8Array;
  exact: boolean;
} {
  const { _id } = doc;
  if (_id === undefined || Array.isArray(_id) || kindOf(_id) === "regex") {
    return fail("InvalidIdField", `The '_id' value cannot be of type ${kindOf(_id)}`);
  }
  const stored = Object.keys(doc)[0] === "_id" ? doc : { _id, ...doc };
  const common = encodeExact(stored);
  const document = common ?? encode(stored);
  if (document.length > MAX_DOCUMENT_BYTES) {
    fail(
      "BSONObjectTooLarge",
      `object to insert too large. size in bytes: ${document.length}, max size: ${MAX_DOCUMENT_BYTES}`,
    );
  }
  return { stored, document, exact: common !== undefined };
}
