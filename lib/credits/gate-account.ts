import type * as z from "zod";
import { StoredAccount } from "../accounts/document.ts";

/**
 * Of an account, what the gate decides by and what a request is recorded with. Parsed, so that a
 * reply of another shape (a retried write returns the whole document) gives the same fields.
 */
export const GateAccount = StoredAccount.pick({
  _id: true,
  username: true,
  email: true,
  status: true,
  verified: true,
  plan: true,
  level: true,
  rTypes: true,
  allowance: true,
  conversations: true,
  balance: true,
  rate: true,
  override: true,
  keys: true,
  holds: true,
  last: true,
  logMessages: true,
}).strip();
export type GateAccount = z.output<typeof GateAccount>;

export type StoredHold = GateAccount["holds"][number];
