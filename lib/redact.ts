/** Fields whose values never reach a log, whatever they hold. */
const secretFields =
  /^(authorization|cookie|set-cookie|.*(password|passwd|secret|token|api_?key|otp|otp_?code|recovery_?codes?|totp|seed|private_?key))$/i;

/** Our own tokens, bearer credentials, keys of upstreams, and the user part of a URL. */
const secretTexts: readonly [RegExp, string][] = [
  [/\b(pe|pes|per|pep|pas|par)_[0-9A-Za-z]{6,}/g, "$1_[redacted]"],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, "$1 [redacted]"],
  [/\bsk-[\w-]{8,}/g, "sk-[redacted]"],
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, "$1[redacted]@"],
];

/**
 * A replacer for JSON.stringify that takes secrets out: whole values of fields that are named like
 * secrets, and anything that looks like one inside other text.
 */
export function redact(field: string, value: unknown): unknown {
  if (secretFields.test(field) && value !== null && value !== undefined) return "[redacted]";
  return typeof value === "string" ? redactText(value) : value;
}

/** The text with everything in it that looks like a secret taken out. */
export const redactText = (text: string): string =>
  secretTexts.reduce((clean, [pattern, put]) => clean.replace(pattern, put), text);
