import { ObjectId, Timestamp } from "mongodb";
import * as z from "zod";

/** Types that BSON has and JSON has not, for the schemas of stored documents. */
export const objectId = z.instanceof(ObjectId).meta({ bsonType: "objectId" });

/** Left empty at the top of a new document, it is filled by the server as it inserts. */
export const timestamp = z.instanceof(Timestamp).meta({ bsonType: "timestamp" });
