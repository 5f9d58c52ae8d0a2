/** Where each document of a collection lies, by record id; ids grow in insertion order and never come again. */
export type Records = {
  add(address: number): number;
  /** The address under an id; 0 for none. */
  at(id: number): number;
  set(id: number, address: number): void;
  /** The ids in use, in order; ids added meanwhile are met too. */
  ids(backwards?: boolean): Generator<number>;
};

export function createRecords(): Records {
  const addresses: number[] = [];
  /** No id below is in use, so that a queue's long gone documents cost no reading. */
  let first = 0;

  return {
    add(address) {
      return addresses.push(address) - 1;
    },
    at: (id) => addresses[id] ?? 0,
    set(id, address) {
      addresses[id] = address;
      if (address !== 0) first = Math.min(first, id);
      else if (id === first) while (first < addresses.length && addresses[first] === 0) first += 1;
    },
    *ids(backwards = false) {
      if (backwards) {
        for (let id = addresses.length - 1; id >= first; id -= 1) if (addresses[id] !== 0) yield id;
      } else {
        for (let id = first; id < addresses.length; id += 1) if (addresses[id] !== 0) yield id;
      }
    },
  };
}
