import { ObjectId } from "mongodb";
import * as z from "zod";

/** An id on the wire: 24 lower-case hexadecimal digits. */
const hexId = z.string().regex(/^[0-9a-f]{24}$/, { error: "must be 24 hexadecimal digits" });

/** An id at the border of the database: a string outside, an ObjectId inside. Nothing else converts ids. */
export const idCodec = z.codec(hexId, z.instanceof(ObjectId), {
  decode: (text) => ObjectId.createFromHexString(text),
  encode: (id) => id.toHexString(),
});
