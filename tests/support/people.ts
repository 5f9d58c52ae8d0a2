import { randomBytes } from "node:crypto";

/** A registration that nobody else makes. */
export function someRegistration(changes: Record<string, unknown> = {}) {
  const username = `Ada_${randomBytes(5).toString("hex")}`;
  return {
    username,
    name: "Ada Lovelace",
    email: `${username}@Example.com`,
    password: "correct horse battery",
    ...changes,
  };
}

let addresses = 0;

/** An address that no other test of this file comes from. */
export const someAddress = (): string => {
  addresses += 1;
  return `198.51.${Math.floor(addresses / 250)}.${(addresses % 250) + 1}`;
};
