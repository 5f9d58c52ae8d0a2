const slabBytes = 1 << 20;
/** Above this a block gets a slab of its own, given back to the system when it is released. */
const largestShared = slabBytes >> 2;

/**
 * Memory for BSON documents of any size: a million small buffers would cost more in headers than
 * in content, so documents share slabs, and freed blocks are used again for the same size class.
 */
export type Arena = {
  /** Copies a BSON document in; its address is a positive integer. */
  store(document: Uint8Array): number;
  /** A view of the document, good until its release. */
  read(address: number): Buffer;
  /** Bytes of the document. */
  length(address: number): number;
  release(address: number): void;
};

/** Blocks come in four sizes for each doubling, so at most a fifth of a block is unused. */
function blockSize(bytes: number): number {
  const step = 2 ** Math.max(3, 29 - Math.clz32(bytes));
  return Math.ceil(bytes / step) * step;
}

export function createArena(): Arena {
  const slabs: (Buffer | undefined)[] = [];
  const emptySlabs: number[] = [];
  const freeBlocks = new Map<number, number[]>();
  let open = -1;
  let used = slabBytes;

  function addSlab(bytes: number): number {
    const slab = emptySlabs.pop() ?? slabs.length;
    slabs[slab] = Buffer.allocUnsafeSlow(bytes);
    return slab;
  }

  function allocate(bytes: number): number {
    // Slabs count from 1 in addresses, which leaves 0 to mean "none".
    if (bytes > largestShared) return (addSlab(bytes) + 1) * slabBytes;
    const size = blockSize(bytes);
    const free = freeBlocks.get(size)?.pop();
    if (free !== undefined) return free;
    if (used + size > slabBytes) {
      open = addSlab(slabBytes);
      used = 0;
    }
    used += size;
    return (open + 1) * slabBytes + used - size;
  }

  function locate(address: number): { slab: number; bytes: Buffer; start: number; length: number } {
    const slab = Math.floor(address / slabBytes) - 1;
    const bytes = slabs[slab];
    if (bytes === undefined) throw new RangeError(`no document at address ${address}`);
    const start = address % slabBytes;
    return { slab, bytes, start, length: bytes.readInt32LE(start) };
  }

  return {
    store(document) {
      const address = allocate(document.length);
      const { bytes, start } = locate(address);
      bytes.set(document, start);
      return address;
    },
    read(address) {
      const { bytes, start, length } = locate(address);
      return bytes.subarray(start, start + length);
    },
    length: (address) => locate(address).length,
    release(address) {
      const { slab, length } = locate(address);
      if (length > largestShared) {
        slabs[slab] = undefined;
        emptySlabs.push(slab);
        return;
      }
      const size = blockSize(length);
      const free = freeBlocks.get(size);
      if (free) free.push(address);
      else freeBlocks.set(size, [address]);
    },
  };
}
