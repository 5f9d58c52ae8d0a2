const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const values = new Map([...digits].map((digit, value) => [digit, value]));
const base = 62;

// The long way by hand, 16 bits and five digits at a time: products stay below 2⁵³ and are exact,
// and a BigInt takes far longer for numbers of this size.
const wordBase = 2 ** 16;
const group = 5;
const groupBase = base ** group;

/** Bytes as one big-endian number in base 62, padded with zeros to `length` digits. @throws RangeError for more digits */
export function encodeBase62(bytes: Uint8Array, length: number): string {
  const words = wordsOf(bytes);
  let text = "";
  for (let first = 0; first < words.length; ) {
    let rest = 0;
    for (let at = first; at < words.length; at += 1) {
      const value = rest * wordBase + (words[at] ?? 0);
      words[at] = Math.floor(value / groupBase);
      rest = value % groupBase;
    }
    text = groupOf(rest) + text;
    while (words[first] === 0) first += 1;
  }
  const end = text.slice(-length);
  if (/[^0]/.test(text.slice(0, -length))) throw new RangeError(`more than ${length} digits`);
  return end.padStart(length, "0");
}

/** Bytes as big-endian numbers of 16 bits. */
function wordsOf(bytes: Uint8Array): number[] {
  const words: number[] = [];
  for (let end = bytes.length % 2 || 2; end <= bytes.length; end += 2) {
    words.push((bytes[end - 2] ?? 0) * 256 + (bytes[end - 1] ?? 0));
  }
  return words;
}

/** A number below 62⁵ in five digits. */
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
  const words = new Array<number>(Math.ceil(length / 2)).fill(0);
  for (let end = text.length % group; end <= text.length; end += group) {
    let carry = groupValue(text.slice(Math.max(0, end - group), end));
    if (carry === undefined) return undefined;
    for (let at = words.length - 1; at >= 0; at -= 1) {
      const value = (words[at] ?? 0) * groupBase + carry;
      words[at] = value % wordBase;
      carry = Math.floor(value / wordBase);
    }
    if (carry > 0) return undefined;
  }
  const bytes = Buffer.alloc(words.length * 2);
  for (const [at, word] of words.entries()) bytes.writeUInt16BE(word, at * 2);
  const spare = bytes.length - length;
  return spare > 0 && bytes[0] !== 0 ? undefined : bytes.subarray(spare);
}

/** The number that at most five digits are, or undefined if one is none. */
function groupValue(text: string): number | undefined {
  let number = 0;
  for (const digit of text) {
    const value = values.get(digit);
    if (value === undefined) return undefined;
    number = number * base + value;
  }
  return number;
}
