import type { AddressGuard } from "../../lib/addresses/guard.ts";

/** A guard without rules. */
export const openToAll: AddressGuard = { lets: async () => true, require: async () => undefined };
