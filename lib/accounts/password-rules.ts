import type { FieldError } from "../errors.ts";
import common from "../security/common-passwords.json" with { type: "json" };

const commonPasswords: ReadonlySet<string> = new Set(common);

/** Characters of a password at most; the least is in the settings. */
const longestPassword = 128;

/** Shorter names stand in too many good passwords. */
const shortestName = 3;

interface Owner {
  username: string;
  email: string;
}

/**
 * What is wrong with a password that somebody chose: nothing, or a message for each rule. There are
 * no rules on what characters it is made of (ASVS 5.0, 6.2.1 to 6.2.11).
 */
export function passwordProblems(
  path: string,
  password: string,
  { username, email }: Owner,
  minLength: number,
): FieldError[] {
  const normal = password.normalize("NFC");
  const lower = normal.toLowerCase();
  const length = [...normal].length;
  const holds = (name: string): boolean =>
    name.length >= shortestName && lower.includes(name.toLowerCase());
  const mailName = email.slice(0, email.lastIndexOf("@"));
  const broken: [boolean, string][] = [
    [length < minLength, `Use at least ${minLength} characters.`],
    [length > longestPassword, `Use at most ${longestPassword} characters.`],
    [commonPasswords.has(lower), "This is one of the passwords that are guessed first."],
    [holds(username), "It must not contain the username."],
    [holds(mailName), "It must not contain the name of the mail address."],
  ];
  return broken.filter(([isBroken]) => isBroken).map(([, message]) => ({ path, message }));
}
