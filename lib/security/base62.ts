const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const values = new Map([...digits].map((digit, value) => [digit, BigInt(value)]));
const base = 62n;

/** Bytes as one big-endian number in base 62, padded with zeros to `length` digits. */
export function encodeBase62(bytes: Uint8Array, length: number): string {
  let rest = bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
  let text = "";
  while (rest > 0n) {
    text = digits.charAt(Number(rest % base)) + text;
    rest /= base;
  }
  return text.padStart(length, "0");
}

/** The bytes of a number in base 62, or undefined if a digit is none or the number is too large for `length` bytes. */
export function decodeBase62(text: string, length: number): Buffer | undefined {
  let number = 0n;
  for (const digit of text) {
    const value = values.get(digit);
    if (value === undefined) return undefined;
    number = number * base + value;
  }
  const hex = number.toString(16).padStart(length * 2, "0");
  return hex.length === length * 2 ? Buffer.from(hex, "hex") : undefined;
}
