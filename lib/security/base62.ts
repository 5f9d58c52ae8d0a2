const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const values = new Map([...digits].map((digit, value) => [digit, value]));
const base = 62;

/** As many digits as a number holds exactly: what is done with them costs far less than with a BigInt. */
const group = 8;
const groupBase = BigInt(base ** group);

/** Bytes as one big-endian number in base 62, padded with zeros to `length` digits. @throws RangeError for more digits */
export function encodeBase62(bytes: Uint8Array, length: number): string {
  let rest = BigInt(`0x0${Buffer.from(bytes).toString("hex")}`);
  let text = "";
  while (rest > 0n) {
    text = groupOf(Number(rest % groupBase)) + text;
    rest /= groupBase;
  }
  const end = text.slice(-length);
  if (/[^0]/.test(text.slice(0, -length))) throw new RangeError(`more than ${length} digits`);
  return end.padStart(length, "0");
}

/** A number below 62⁸ in eight digits. */
function groupOf(number: number): string {
  let rest = number;
  let text = "";
  for (let place = 0; place < group; place += 1) {
    text = digits.charAt(rest % base) + text;
    rest = Math.floor(rest / base);
  }
  return text;
}

/** The bytes of a number in base 62, or undefined if a digit is none or the number is too large for `length` bytes. */
export function decodeBase62(text: string, length: number): Buffer | undefined {
  let number = 0n;
  for (let end = text.length % group; end <= text.length; end += group) {
    const value = groupValue(text.slice(Math.max(0, end - group), end));
    if (value === undefined) return undefined;
    number = number * groupBase + BigInt(value);
  }
  const hex = number.toString(16).padStart(length * 2, "0");
  return hex.length === length * 2 ? Buffer.from(hex, "hex") : undefined;
}

/** The number that at most eight digits are, or undefined if one is none. */
function groupValue(text: string): number | undefined {
  let number = 0;
  for (const digit of text) {
    const value = values.get(digit);
    if (value === undefined) return undefined;
    number = number * base + value;
  }
  return number;
}
