import type { Value } from "./codec.ts";

/** Stands for the argument of a `$literal`; it has a value while a pipeline of its template runs. */
export class Slot {
  value: Value = null;
}

/** What pipelines have in common that differ in their literals only. */
export type Template = { stages: Value[]; slots: Slot[] };

/** The pipeline of an update as it came over the wire: a template and the literals for its slots. */
export class Pipeline {
  readonly template: Template;
  readonly literals: readonly Value[];

  constructor(template: Template, literals: readonly Value[]) {
    this.template = template;
    this.literals = literals;
  }

  /** Puts the literals into the slots, where they are until the template's next pipeline is filled in. */
  fill(): void {
    this.template.slots.forEach((slot, index) => {
      slot.value = this.literals[index] ?? null;
    });
  }
}

const MAX_TEMPLATES = 100;
const templates = new Map<string, Template>();

/** The template of that key, made if there is none; the oldest of many is forgotten. */
export function templateOf(key: string, make: () => Template): Template {
  const known = templates.get(key);
  if (known) return known;
  const template = make();
  for (const oldest of templates.keys()) {
    if (templates.size < MAX_TEMPLATES) break;
    templates.delete(oldest);
  }
  templates.set(key, template);
  return template;
}

/** Bytes of a value after its type and name. */
function sizeOf(bytes: Buffer, type: number, at: number): number | undefined {
  switch (type) {
    case 0x0a: // null
      return 0;
    case 0x08: // boolean
      return 1;
    case 0x10: // int
      return 4;
    case 0x01: // double
    case 0x09: // date
    case 0x11: // timestamp
    case 0x12: // long
      return 8;
    case 0x07: // ObjectId
      return 12;
    case 0x13: // decimal
      return 16;
    case 0x02: // string
      return 4 + bytes.readInt32LE(at);
    case 0x03: // document
    case 0x04: // array
      return bytes.readInt32LE(at);
    case 0x05: // binary
      return 5 + bytes.readInt32LE(at);
    default:
      return undefined;
  }
}

const LITERAL = Buffer.from("$literal\0");

/**
 * The outline of the array between `start` and `end`: a text that is the same for two arrays if and
 * only if they are the same byte for byte but for the arguments of `$literal`, and those are of the
 * same types and lengths; and where the arguments are. Undefined for what `bson` should look at.
 */
export function outline(
  bytes: Buffer,
  start: number,
  end: number,
): { key: string; literals: { type: number; at: number }[] } | undefined {
  const literals: { type: number; at: number }[] = [];
  let key = "";
  let from = start;
  let at = start + 4;
  for (let depth = 1; depth > 0; ) {
    const type = bytes[at++];
    if (type === 0) {
      depth -= 1;
      continue;
    }
    const name = at;
    while (at < end && bytes[at] !== 0) at += 1;
    at += 1;
    if (type === undefined || at >= end) return undefined;
    const isLiteral = bytes[name] === LITERAL[0] && isAt(bytes, name, LITERAL);
    if ((type === 3 || type === 4) && !isLiteral) {
      at += 4;
      depth += 1;
      continue;
    }
    if (at + 4 > end) return undefined;
    const size = sizeOf(bytes, type, at);
    if (size === undefined || size < 0 || at + size >= end) return undefined;
    if (isLiteral) {
      key += `${bytes.toString("latin1", from, at)}${size};`;
      literals.push({ type, at });
      from = at + size;
    }
    at += size;
  }
  return at === end ? { key: key + bytes.toString("latin1", from, end), literals } : undefined;
}

function isAt(bytes: Buffer, start: number, wanted: Buffer): boolean {
  for (let i = 0; i < wanted.length; i += 1) if (bytes[start + i] !== wanted[i]) return false;
  return true;
}
