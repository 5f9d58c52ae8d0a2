type Members = Record<string, unknown>;

/** What these say of a thing they say whole, and some providers say it with each piece again. */
const names = new Set(["id", "type", "role", "name"]);

/**
 * A value of a streamed answer with its next piece: texts grow, lists too, items with the same
 * `index` and members of objects one by one; of anything else the newer stands. `known` is changed,
 * `piece` is not.
 */
export function added(known: unknown, piece: unknown): unknown {
  if (piece === null || piece === undefined) return known ?? piece;
  if (typeof piece === "string") return typeof known === "string" ? known + piece : piece;
  if (Array.isArray(piece)) return addItems(Array.isArray(known) ? known : [], piece);
  if (typeof piece === "object") return addMembers(isMembers(known) ? known : {}, piece);
  return piece;
}

const isMembers = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function addMembers(known: Members, piece: object): Members {
  for (const [name, value] of Object.entries(piece)) {
    // An assignment to it would set the object's prototype.
    if (name === "__proto__") continue;
    const isSaid = names.has(name) && typeof known[name] === "string" && known[name] !== "";
    if (!isSaid) known[name] = added(known[name], value);
  }
  return known;
}

/** Items are added to the list itself: a copy for each piece would cost the square of its length. */
function addItems(known: unknown[], piece: readonly unknown[]): unknown[] {
  for (const item of piece) {
    const index = indexOf(item);
    const at = index === undefined ? -1 : known.findIndex((one) => indexOf(one) === index);
    if (at === -1) known.push(added(undefined, item));
    else known[at] = added(known[at], item);
  }
  return known;
}

/** Roughly the bytes that a piece adds to what is known. */
export function sizeOf(piece: unknown): number {
  if (typeof piece === "string") return piece.length;
  if (typeof piece !== "object" || piece === null) return 8;
  return Object.entries(piece).reduce(
    (size, [name, value]) => size + name.length + sizeOf(value),
    16,
  );
}

/** The place of an item that comes in pieces, such as a call of a tool. */
export const indexOf = (item: unknown): number | undefined =>
  isMembers(item) && typeof item.index === "number" ? item.index : undefined;
