/** What create and collMod say about a collection. */
import { fail } from "../errors.ts";
import type { CollectionOptions } from "../storage/collection.ts";
import { compileValidator } from "../validator.ts";
import type { Value } from "../values/codec.ts";
import type { Request } from "./command.ts";
import { object, objects, optional, text } from "./fields.ts";
import { collectionName } from "./namespace.ts";
import { viewOptions } from "./views.ts";

const LEVELS = ["off", "moderate", "strict"];
const ACTIONS = ["warn", "error"];

const oneOf =
  (allowed: readonly string[]) =>
  (value: Value, path: string): string => {
    const given = text(value, path);
    return allowed.includes(given)
      ? given
      : fail("BadValue", `Enumeration value '${given}' for field '${path}' is not a valid value.`);
  };

/** The fields of create and collMod that a collection keeps. */
export const optionFields = {
  validator: optional(object),
  validationLevel: optional(oneOf(LEVELS)),
  validationAction: optional(oneOf(ACTIONS)),
  viewOn: optional(collectionName),
  pipeline: optional(objects),
};

type Given = { [K in keyof CollectionOptions]: CollectionOptions[K] | undefined };

/**
 * The options that were given.
 * @throws ServerError for a validator or a view that can't be, and InvalidOptions for both at once.
 */
export const optionsOf = (request: Request, name: string, given: Given): CollectionOptions => {
  const validation = validationOptions(given, request);
  const view = viewOptions(request, name, given);
  if (view.viewOn !== undefined && Object.keys(validation).length > 0) {
    fail("InvalidOptions", "a view has no validator");
  }
  return { ...validation, ...view };
};

const validationOptions = (given: Given, request: Request): CollectionOptions => {
  if (given.validator) compileValidator(given.validator, { now: request.now });
  const options: CollectionOptions = {};
  if (given.validator) options.validator = given.validator;
  if (given.validationLevel) options.validationLevel = given.validationLevel;
  if (given.validationAction) options.validationAction = given.validationAction;
  return options;
};
