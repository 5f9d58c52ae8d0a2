import { ObjectId, Timestamp } from "mongodb";
import * as z from "zod";

/** Types that BSON has and JSON has not, for the schemas of stored documents. */
export const objectId = z.instanceof(ObjectId).meta({ bsonType: "objectId" });

/** Filled by the server at insert if it is empty, `new Timestamp({ t: 0, i: 0 })`. */
export const timestamp = z.instanceof(Timestamp).meta({ bsonType: "timestamp" });
