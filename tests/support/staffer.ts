import type { Db } from "mongodb";
import { ObjectId } from "mongodb";
import { TOTP } from "otpauth";
import { derivedKeys } from "../../lib/security/derived-key.ts";
import { newSeed, totpVault } from "../../lib/security/totp.ts";
import type { StoredRole, StoredStaff } from "../../lib/staff/document.ts";
import { testSecret } from "./functions.ts";
import { signedInStaff, supportOf } from "./staff.ts";
import { passwordHash, somebody } from "./world.ts";

const vault = totpVault(derivedKeys(async () => testSecret));

/** The code of a seed at a time, now unless told. */
export const codeOf = (seed: string, timestamp = Date.now()): string =>
  new TOTP({ secret: seed }).generate({ timestamp });

/** What somebody has of a second factor: none, one that waits for its first code, or one in force. */
export type Factor = "none" | "pending" | "active";

/**
 * Somebody of staff who is signed in and knows `password` of world.ts, with a second factor as told,
 * and others to do something to: a member of support staff and a user.
 */
export async function staffer(db: Db, role: StoredRole, factor: Factor = "none") {
  const _id = new ObjectId();
  const seed = newSeed();
  const sealed = await vault.seal(_id, seed);
  const { texts, hashes } = await vault.recoveryCodes(_id);
  const now = new Date();
  const changes: Partial<StoredStaff> = {
    _id,
    passwordHash,
    lastActivityAt: now,
    ...(factor === "pending" && { pendingTotp: { seed: sealed, at: now } }),
    ...(factor === "active" && {
      totp: { seed: sealed, lastStep: 0, recovery: hashes, since: now },
    }),
  };
  const [own, other, user] = await Promise.all([
    signedInStaff(db, role, changes),
    signedInStaff(db, supportOf("support")),
    somebody(db),
  ]);
  return {
    ...own,
    home: "staff" as const,
    /** As it is stored. */
    account: own.staff,
    apiKey: user.apiKey,
    other,
    user,
    seed,
    /** Good for one use. */
    code: codeOf(seed),
    recoveryCodes: texts,
  };
}

export type Staffer = Awaited<ReturnType<typeof staffer>>;
