import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { createArena } from "../../../../tools/local/mongo/storage/arena.ts";
import { createPicker } from "../../../../tools/local/mongo/storage/pick.ts";
import { createRecords } from "../../../../tools/local/mongo/storage/records.ts";
import { decode, encode } from "../../../../tools/local/mongo/values/codec.ts";
import { anyDoc, fieldName } from "./arbitraries.ts";

describe("the arena", () => {
  it("gives back each document as it was stored, however blocks are used again", () => {
    const size = fc.oneof(
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 2 ** 18 - 60, max: 2 ** 18 + 20 }),
      fc.constant(3_000_000),
    );
    const step = fc.record({ size, release: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const arena = createArena();
        const live = new Map<number, Uint8Array>();
        steps.forEach(({ size, release }, n) => {
          const document = encode({ n: `${n}`.padEnd(size) });
          const address = arena.store(document);
          expect(live.has(address)).toBe(false);
          live.set(address, document);
          const [oldest] = live.keys();
          if (release && oldest !== undefined) {
            arena.release(oldest);
            live.delete(oldest);
          }
        });
        for (const [address, document] of live) {
          expect(arena.length(address)).toBe(document.length);
          expect(Buffer.compare(arena.read(address), document)).toBe(0);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("uses freed memory again instead of growing", () => {
    const arena = createArena();
    const document = encode({ text: "x".repeat(1000) });
    const addresses = new Set<number>();
    for (let n = 0; n < 5000; n += 1) {
      const address = arena.store(document);
      addresses.add(address);
      arena.release(address);
    }
    expect(addresses.size).toBe(1);
  });
});

describe("picking fields out of a stored document", () => {
  it("gives what decoding all of it gives", () => {
    fc.assert(
      fc.property(anyDoc, fc.uniqueArray(fieldName), (doc, names) => {
        const bytes = Buffer.from(encode(doc));
        const whole = decode(Buffer.from(bytes));
        const expected = Object.fromEntries(
          Object.entries(whole).filter(([name]) => names.includes(name as "a")),
        );
        expect(createPicker(names)(bytes)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});

describe("record ids", () => {
  it("are read in order of insertion, also when the reader's surroundings change", () => {
    const records = createRecords();
    for (let n = 1; n <= 6; n += 1) records.add(n);
    const met: number[] = [];
    for (const id of records.ids()) {
      met.push(id);
      records.set(id, 0);
      if (id === 1) records.set(3, 0);
      if (id === 4) records.add(9);
    }
    expect(met).toEqual([0, 1, 2, 4, 5, 6]);
    records.set(2, 7);
    expect([...records.ids()]).toEqual([2]);
    expect([...records.ids(true)]).toEqual([2]);
  });
});
