import type { Document } from "mongodb";
import { literal } from "../db/literal.ts";

/**
 * The first step of deleting an account: from now on nothing opens it. A job does the rest once no
 * request of it is open; until then its names stay taken. `by` is `account` for its owner.
 */
export const closing = ({ by, reason }: { by: string; reason: string }): Document[] => [
  {
    $set: {
      status: "deleting",
      keys: [],
      sessions: [],
      codes: literal({}),
      deletion: { at: "$$NOW", by: literal(by), reason: literal(reason) },
      updatedAt: "$$NOW",
    },
  },
  { $unset: ["pendingEmail", "proof"] },
];
