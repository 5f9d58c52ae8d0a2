import { ObjectId } from "mongodb";
import * as z from "zod";

/** Types that BSON has and JSON has not, for the schemas of stored documents. */
export const objectId = z.instanceof(ObjectId).meta({ bsonType: "objectId" });
