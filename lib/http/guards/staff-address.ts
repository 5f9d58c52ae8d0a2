import type { AddressGuard } from "../../addresses/guard.ts";
import { guarding } from "./guard.ts";

/** Lets in whoever asks from an address that the rules for staff let in: where staff sign in. Fails with ADDRESS_NOT_ALLOWED. */
export const staffAddressGuard = (addresses: Pick<AddressGuard, "require">) =>
  guarding(
    { security: [], fails: ["ADDRESS_NOT_ALLOWED", "DATABASE_UNAVAILABLE"] },
    async ({ ip }) => {
      await addresses.require("staff", ip);
      return {};
    },
  );
