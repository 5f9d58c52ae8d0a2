import { Failure } from "../errors.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import type { Proof } from "../security/proof.ts";
import type { StoredAccount } from "./document.ts";
import type { OwnerStore } from "./owner-store.ts";
import { type ProofDeps, provePassword } from "./prove-password.ts";

interface DeleteDeps extends ProofDeps {
  owners: Pick<OwnerStore, "close">;
}

interface DeleteInput {
  account: Pick<StoredAccount, "_id" | "passwordHash">;
  password: string;
  proof: Proof;
  reason: string;
  request: EventOrigin;
}

/** Closes an account for good: its keys, sessions and codes are gone at once. @throws Failure as `provePassword` */
export async function deleteAccount(
  { owners, ...proving }: DeleteDeps,
  { account, password, proof, reason, request }: DeleteInput,
): Promise<void> {
  await provePassword(proving, { account, password, proof, request });
  const done = await owners.close({
    account: account._id,
    passwordHash: account.passwordHash,
    proof,
    event: securityEvent("account_deleted", { request, subject: account._id }),
    usage: request.usage,
    reason,
  });
  if (!done) throw new Failure("WRONG_PASSWORD");
}
