import type { AddressGuard } from "../addresses/guard.ts";
import type { FailureCode } from "../errors.ts";
import type { HttpMiddleware } from "./request.ts";

/** How it may refuse. */
export const addressFails = [
  "ADDRESS_NOT_ALLOWED",
  "DATABASE_UNAVAILABLE",
] as const satisfies readonly FailureCode[];

/**
 * Refuses addresses that the rules for the whole service shut out, before anything else is looked
 * at. Preflights pass: browsers send them without being asked, and they tell nothing.
 */
export const checkAddress = (addresses: Pick<AddressGuard, "require">): HttpMiddleware => ({
  before: async ({ context: { facts } }) => {
    if (!facts) throw new Error("identifyRequest did not run");
    if (facts.method === "OPTIONS") return;
    await addresses.require("service", facts.ip);
  },
});
