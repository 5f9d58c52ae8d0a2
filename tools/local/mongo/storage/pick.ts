import { type Doc, decode } from "../values/codec.ts";

/** Bytes of a value after its type and name; a negative number is added to the length that stands first. */
const fixedBytes: Record<number, number> = {
  1: 8, // double
  6: 0, // undefined
  7: 12, // ObjectId
  8: 1, // boolean
  9: 8, // date
  10: 0, // null
  16: 4, // int
  17: 8, // timestamp
  18: 8, // long
  19: 16, // decimal
  127: 0, // MaxKey
  255: 0, // MinKey
};
/** What a value takes beyond the length it begins with. */
const lengthPlus: Record<number, number> = {
  2: 4, // string
  3: 0, // document
  4: 0, // array
  5: 5, // binary
  12: 16, // DBPointer
  13: 4, // code
  14: 4, // symbol
  15: 0, // code with scope
};

/** Past the NUL that ends a name. A plain loop: names are short, and a native search costs a call. */
function endOfText(bytes: Buffer, start: number): number {
  let at = start;
  while (bytes[at] !== 0) at += 1;
  return at + 1;
}

function endOfValue(bytes: Buffer, type: number, start: number): number {
  const fixed = fixedBytes[type];
  if (fixed !== undefined) return start + fixed;
  if (type === 11) return endOfText(bytes, endOfText(bytes, start));
  const plus = lengthPlus[type];
  if (plus === undefined) throw new RangeError(`unknown BSON type ${type}`);
  return start + plus + bytes.readInt32LE(start);
}

function hasName(bytes: Buffer, start: number, name: Buffer): boolean {
  for (let i = 0; i < name.length; i += 1) if (bytes[start + i] !== name[i]) return false;
  return true;
}

/** Reads only the named top-level fields of a document: far cheaper than decoding all of it. */
export function createPicker(fields: Iterable<string>): (document: Buffer) => Doc {
  const names = [...new Set(fields)].map((field) => Buffer.from(field));

  return (document) => {
    const spans: number[] = [];
    let size = 5;
    let at = 4;
    while (document[at] !== 0 && spans.length < 2 * names.length) {
      const value = endOfText(document, at + 1);
      const end = endOfValue(document, document[at] as number, value);
      const length = value - at - 2;
      if (names.some((name) => name.length === length && hasName(document, at + 1, name))) {
        spans.push(at, end);
        size += end - at;
      }
      at = end;
    }
    const picked = Buffer.allocUnsafe(size);
    picked.writeInt32LE(size);
    let written = 4;
    for (let i = 0; i < spans.length; i += 2) {
      written += document.copy(picked, written, spans[i], spans[i + 1]);
    }
    picked[written] = 0;
    return decode(picked);
  };
}
