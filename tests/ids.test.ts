import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { ObjectId } from "mongodb";
import * as z from "zod";
import { idCodec } from "../lib/ids.ts";

const bytes = fc.uint8Array({ minLength: 12, maxLength: 12 });

describe("an id", () => {
  it("is 24 hexadecimal digits outside and an ObjectId inside, and the same both ways", () => {
    fc.assert(
      fc.property(bytes, (raw) => {
        const id = new ObjectId(raw);
        const text = z.encode(idCodec, id);
        expect(text).toBe(Buffer.from(raw).toString("hex"));
        expect(z.decode(idCodec, text).equals(id)).toBe(true);
      }),
    );
  });

  it.each([
    "",
    "42",
    "65A000000000000000000001",
    "65a00000000000000000000",
    "65a0000000000000000000010",
    " 65a000000000000000000001",
  ])("is never read from %j", (text) => {
    expect(idCodec.safeParse(text).success).toBe(false);
  });

  it.each([42, null, undefined, { $gt: "" }, ["65a000000000000000000001"]])(
    "is never read from %j",
    (value) => {
      expect(idCodec.safeParse(value).success).toBe(false);
    },
  );

  it("leaves a reply only as a string", () => {
    const Reply = z.object({ id: idCodec });
    expect(JSON.stringify(z.encode(Reply, { id: new ObjectId("65a000000000000000000001") }))).toBe(
      '{"id":"65a000000000000000000001"}',
    );
  });
});
