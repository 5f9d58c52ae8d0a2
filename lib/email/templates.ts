import { type Message, message } from "./message.ts";

/**
 * Usernames hold no dot and no slash, so they can't be read as an address. Other names are left out:
 * with those a stranger could write to anyone through us.
 */
interface Recipient {
  username: string;
}

interface Code {
  secret: string;
  /** Milliseconds. */
  lifetime: number;
}

/** A code that proves that an address is its reader's. */
export const verificationMail = ({ username }: Recipient, { secret, lifetime }: Code): Message =>
  message("Confirm your email address", [
    `Hello ${username},`,
    "enter this code to confirm that this address is yours:",
    { code: secret },
    `It is good for ${span(lifetime)} and for one use. A newer code replaces it.`,
    "If you did not ask for it, do nothing: without the code nothing happens.",
  ]);

/**
 * A link that lets its reader choose a new password; without an address of the console, the token
 * itself. In the link it stands behind `#`, which browsers send to no server.
 */
export const passwordResetMail = (
  { username }: Recipient,
  { secret, lifetime, appUrl }: Code & { appUrl: string | undefined },
): Message =>
  message("Choose a new password", [
    `Hello ${username},`,
    "someone asked for a new password for your account.",
    ...(appUrl === undefined
      ? ["This token lets you choose one:", { code: secret }]
      : ["Here you can choose one:", { link: `${appUrl}/reset-password#token=${secret}` }]),
    `It is good for ${span(lifetime)} and for one use.`,
    "If it was not you, do nothing: your password stays as it is.",
  ]);

/** Tells that the password is another one now. */
export const passwordChangedMail = ({ username }: Recipient): Message =>
  message("Your password was changed", [
    `Hello ${username},`,
    "the password of your account was changed, and its other sessions were ended.",
    "If it was not you, ask for a new password at once, then look through your API keys.",
  ]);

/** Tells the address before a change of it. */
export const emailChangedMail = ({ username }: Recipient): Message =>
  message("Your email address is being changed", [
    `Hello ${username},`,
    "someone who knows the password of your account gave it another email address, which takes the place of this one once it is confirmed.",
    "If it was not you, change your password at once: that ends every other session.",
  ]);

/** Tells the address before a change of it that staff made. */
export const emailChangedByStaffMail = ({ username }: Recipient): Message =>
  message("Your email address was changed", [
    `Hello ${username},`,
    "our staff gave your account another email address, and ended its sessions.",
    "If you did not ask for it, write to us at once.",
  ]);

function span(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  const [count, unit] = minutes % 60 === 0 ? [minutes / 60, "hour"] : [minutes, "minute"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
