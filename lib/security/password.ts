import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import type { PasswordCost } from "../settings/rules.ts";
import { bounded } from "./bounded.ts";

const derive = promisify(argon2);

/** Bytes of the hash and of its salt, as the former API had them. */
const hashBytes = 32;
const saltBytes = 16;

/**
 * Hashes that are made at once. Each takes `memory` of the cost, 19 MiB unless set higher, and a
 * function has 512 MB: with any number of sign-ins the rest waits.
 */
const atOnce = 2;

/** Makes and checks hashes of passwords. */
export interface PasswordHasher {
  /** The PHC string of a password at that cost. */
  hash(password: string, cost: PasswordCost): Promise<string>;
  /**
   * Whether a password is the one of a PHC string. Makes exactly one hash whatever it is given: of
   * nobody's password (`undefined`) at `cost`, so that an answer takes as long for an unknown name.
   */
  verify(password: string, stored: string | undefined, cost: PasswordCost): Promise<boolean>;
}

interface Hashed {
  cost: PasswordCost;
  salt: Buffer;
  hash: Buffer;
}

/** argon2id (RFC 9106) in the PHC string format, of passwords in Unicode's form NFC. */
export function passwordHasher(): PasswordHasher {
  const run = bounded(atOnce);
  const argon2id = (
    password: string,
    salt: Buffer,
    { memory, passes, parallelism }: PasswordCost,
  ) =>
    run(() =>
      derive("argon2id", {
        message: password.normalize("NFC"),
        nonce: salt,
        memory,
        passes,
        parallelism,
        tagLength: hashBytes,
      }),
    );
  return {
    hash: async (password, cost) => {
      const salt = randomBytes(saltBytes);
      return phcString({ cost, salt, hash: await argon2id(password, salt, cost) });
    },
    verify: async (password, stored, cost) => {
      const known = stored === undefined ? undefined : parsePhc(stored);
      const salt = known?.salt ?? randomBytes(saltBytes);
      const hash = await argon2id(password, salt, known?.cost ?? cost);
      return known !== undefined && timingSafeEqual(hash, known.hash);
    },
  };
}

/** Whether a stored hash was made at another cost than passwords are hashed at now. */
export const isOutdated = (stored: string, cost: PasswordCost): boolean =>
  !stored.startsWith(phcStart(cost));

/** What the PHC strings of one cost begin with. */
const phcStart = ({ memory, passes, parallelism }: PasswordCost): string =>
  `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$`;

const base64 = (bytes: Buffer): string => bytes.toString("base64").replaceAll("=", "");

const phcString = ({ cost, salt, hash }: Hashed): string =>
  `${phcStart(cost)}${base64(salt)}$${base64(hash)}`;

const phcForm =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;

/** What a PHC string says, or undefined of one that is not ours: no password fits that. */
function parsePhc(text: string): Hashed | undefined {
  const [, memory, passes, parallelism, salt, hash] = phcForm.exec(text) ?? [];
  if (salt === undefined || hash === undefined) return undefined;
  return {
    cost: { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    salt: Buffer.from(salt, "base64"),
    hash: Buffer.from(hash, "base64"),
  };
}
