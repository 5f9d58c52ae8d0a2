import { fail } from "../errors.ts";
import type { CollectionOptions } from "../storage/collection.ts";
import { compileValidator } from "../validator.ts";
import type { Doc } from "../values/codec.ts";
import type { Target } from "./statements.ts";

type Check = ReturnType<typeof compileValidator>;

/** Compiled once for as long as the collection keeps the validator. */
const compiled = new WeakMap<Doc, Check>();

/** What a document that was let through has passed. Documents are not changed once they are stored. */
const passed = new WeakMap<Doc, Check>();

/**
 * Holds a document against its collection's validator.
 * @param before the document as it was, when it is an update: one that was invalid already may
 * stay so where validationLevel is `moderate`
 * @throws ServerError DocumentValidationFailure with errInfo.
 */
export const checkDocument = (
  { request, bypassValidation, namespace }: Target,
  { validator, validationLevel, validationAction }: CollectionOptions,
  doc: Doc,
  before?: Doc,
): void => {
  if (!validator || bypassValidation || validationLevel === "off") return;
  const check = compiled.get(validator) ?? compileValidator(validator, { now: request.now });
  compiled.set(validator, check);
  const details = check(doc, before && passed.get(before) === check ? before : undefined);
  if (!details) {
    passed.set(doc, check);
    return;
  }
  if (validationLevel === "moderate" && before && check(before)) return;
  if (validationAction === "warn") {
    request.server.log(`${namespace}: a document fails validation, and is written all the same`);
    return;
  }
  fail("DocumentValidationFailure", "Document failed validation", {
    errInfo: { failingDocumentId: doc._id ?? null, details },
  });
};
