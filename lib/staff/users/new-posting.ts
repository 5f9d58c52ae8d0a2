import type { Document } from "mongodb";
import { literal } from "../../db/literal.ts";

/** A change of a balance by staff, before its amount is known. */
export interface NewPosting {
  id: string;
  kind: "staff-edit" | "grant" | "revocation";
  reason: string;
  /** `staff:<id>` */
  actor: string;
}

/** Fields of an account that gets another balance, as expressions: the posting has what that adds. */
export const posted = ({ id, kind, reason, actor }: NewPosting, balance: Document): Document => ({
  balance,
  postings: {
    $concatArrays: [
      "$postings",
      [
        {
          id: literal(id),
          amount: { $subtract: [balance, "$balance"] },
          kind: literal(kind),
          reason: literal(reason),
          actor: literal(actor),
          at: "$$NOW",
        },
      ],
    ],
  },
  lastPosting: literal(id),
});
