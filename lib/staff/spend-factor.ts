import type { Document } from "mongodb";
import { literal } from "../db/literal.ts";
import type { SpentFactor } from "./second-factor.ts";

/**
 * The condition under which a second factor is still there to be used, and what `$set` makes of it:
 * for the statement of what it is used for, so that no code and no recovery code serves twice.
 */
export function spendFactor(factor: SpentFactor): { filter: Document; set: Document } {
  switch (factor.kind) {
    case "none":
      return { filter: { totp: { $exists: false } }, set: {} };
    case "code":
      return {
        filter: { "totp.lastStep": { $lt: factor.step } },
        set: { "totp.lastStep": factor.step },
      };
    case "recovery": {
      const others = { $ne: ["$$code", literal(factor.hash)] };
      return {
        filter: { "totp.recovery": factor.hash },
        set: {
          "totp.recovery": { $filter: { input: "$totp.recovery", as: "code", cond: others } },
        },
      };
    }
  }
}
