import { Failure } from "../../errors.ts";
import { type Guard, guarding } from "./guard.ts";

/** The ETag of a version. */
export const etagOf = (version: number): string => `"${version}"`;

/**
 * The guard of changes that must not undo somebody else's: `run` gets `matches` beside the caller.
 * Fails with PRECONDITION_REQUIRED without If-Match, once the caller is known. Weak tags match
 * nothing (RFC 9110, section 13.1.1).
 */
export const withIfMatch = <Caller extends object>(guard: Guard<Caller>) =>
  guarding(
    {
      ...guard.declares,
      headers: ["If-Match"],
      fails: [...guard.declares.fails, "PRECONDITION_REQUIRED"],
    },
    async (request, event, context) => {
      const caller = await guard(request, event, context);
      const tags = (event.headers["if-match"] ?? "")
        .split(",")
        .map((tag) => tag.trim())
        .filter((tag) => tag !== "");
      if (tags.length === 0) throw new Failure("PRECONDITION_REQUIRED");
      /** Whether the change was made from a version; of `If-Match: *`, from any. */
      const matches = (version: number): boolean =>
        tags.includes("*") || tags.includes(etagOf(version));
      return { ...caller, matches };
    },
  );
