const leafLimit = 256;

type Leaf = { keys: string[]; ids: number[] };
type Place = { leaf: number; slot: number };

/** `from` inclusive, `to` exclusive. */
export type Interval = { from: string; to: string };

/**
 * The entries of an ordered index: pairs of key and record id, ordered by key, then id. Two levels
 * of sorted arrays: an insert moves at most one leaf, and a split moves one short array of leaves.
 */
export type Entries = {
  readonly size: number;
  add(key: string, id: number): void;
  remove(key: string, id: number): void;
  /** The lowest record id under exactly `key`. */
  first(key: string): number | undefined;
  /** A record id whose key another one has too. */
  repeated(): number | undefined;
  /** Record ids in key order; entries added or removed meanwhile are neither missed nor met twice. */
  range(interval: Interval, backwards?: boolean): Generator<number>;
  /** Replaces everything by `keys[i]` with `ids[i]`, in any order. */
  load(keys: string[], ids: number[]): void;
};

export function createEntries(): Entries {
  let leaves: Leaf[] = [];
  let size = 0;
  let version = 0;

  function precedes(leaf: Leaf, slot: number, key: string, id: number): boolean {
    const other = leaf.keys[slot] as string;
    return other < key || (other === key && (leaf.ids[slot] as number) < id);
  }

  /** Where the first entry is that doesn't come before (key, id); may be one past the last slot of a leaf. */
  function locate(key: string, id: number): Place {
    let low = 0;
    let high = leaves.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (precedes(leaves[middle] as Leaf, 0, key, id)) low = middle + 1;
      else high = middle;
    }
    const index = Math.max(0, low - 1);
    const leaf = leaves[index];
    if (leaf === undefined) return { leaf: 0, slot: 0 };
    low = 0;
    high = leaf.keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (precedes(leaf, middle, key, id)) low = middle + 1;
      else high = middle;
    }
    return { leaf: index, slot: low };
  }

  function entryAt(place: Place): { key: string; id: number } | undefined {
    const leaf = leaves[place.leaf];
    const key = leaf?.keys[place.slot];
    const id = leaf?.ids[place.slot];
    return key === undefined || id === undefined ? undefined : { key, id };
  }

  /** The same place, or the start of the next leaf if it is past the end of its own. */
  function settle(place: Place): Place {
    const leaf = leaves[place.leaf];
    return leaf && place.slot >= leaf.keys.length ? { leaf: place.leaf + 1, slot: 0 } : place;
  }

  function before(place: Place): Place {
    if (place.slot > 0) return { leaf: place.leaf, slot: place.slot - 1 };
    return { leaf: place.leaf - 1, slot: (leaves[place.leaf - 1]?.keys.length ?? 0) - 1 };
  }

  function split(index: number, leaf: Leaf, slot: number): void {
    // Ascending inserts (ObjectIds, dates) leave full leaves behind instead of half-full ones.
    const atEnd = index === leaves.length - 1 && slot === leaf.keys.length - 1;
    const cut = atEnd ? leaf.keys.length - 1 : leaf.keys.length >> 1;
    leaves.splice(index + 1, 0, { keys: leaf.keys.splice(cut), ids: leaf.ids.splice(cut) });
  }

  return {
    get size() {
      return size;
    },
    add(key, id) {
      const { leaf: index, slot } = locate(key, id);
      leaves[index] ??= { keys: [], ids: [] };
      const leaf = leaves[index];
      leaf.keys.splice(slot, 0, key);
      leaf.ids.splice(slot, 0, id);
      if (leaf.keys.length > leafLimit) split(index, leaf, slot);
      size += 1;
      version += 1;
    },
    remove(key, id) {
      const place = settle(locate(key, id));
      const leaf = leaves[place.leaf];
      if (leaf === undefined || leaf.keys[place.slot] !== key || leaf.ids[place.slot] !== id)
        return;
      leaf.keys.splice(place.slot, 1);
      leaf.ids.splice(place.slot, 1);
      if (leaf.keys.length === 0) leaves.splice(place.leaf, 1);
      size -= 1;
      version += 1;
    },
    first(key) {
      const entry = entryAt(settle(locate(key, -1)));
      return entry?.key === key ? entry.id : undefined;
    },
    repeated() {
      let last: string | undefined;
      for (const leaf of leaves) {
        for (let slot = 0; slot < leaf.keys.length; slot += 1) {
          if (leaf.keys[slot] === last) return leaf.ids[slot];
          last = leaf.keys[slot];
        }
      }
      return undefined;
    },
    *range({ from, to }, backwards = false) {
      let place = backwards ? before(locate(to, -1)) : settle(locate(from, -1));
      let seen = version;
      for (;;) {
        const entry = entryAt(place);
        if (entry === undefined || (backwards ? entry.key < from : entry.key >= to)) return;
        yield entry.id;
        if (seen !== version) {
          seen = version;
          place = backwards
            ? before(locate(entry.key, entry.id))
            : settle(locate(entry.key, entry.id + 1));
        } else {
          place = backwards ? before(place) : settle({ leaf: place.leaf, slot: place.slot + 1 });
        }
      }
    },
    load(keys, ids) {
      const order = Uint32Array.from(keys.keys());
      const precedence = (a: number, b: number): number => {
        const left = keys[a] as string;
        const right = keys[b] as string;
        return left < right ? -1 : left > right ? 1 : (ids[a] as number) - (ids[b] as number);
      };
      // Keys often come in order already: ObjectIds, dates.
      if (order.some((i) => i > 0 && precedence(i - 1, i) > 0)) order.sort(precedence);
      leaves = [];
      for (let start = 0; start < order.length; start += leafLimit) {
        const part = Array.from(order.subarray(start, start + leafLimit));
        leaves.push({
          keys: part.map((i) => keys[i] as string),
          ids: part.map((i) => ids[i] as number),
        });
      }
      size = keys.length;
      version += 1;
    },
  };
}
