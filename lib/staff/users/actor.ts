import type { ObjectId } from "mongodb";
import type { SecurityEvent } from "../../security/events.ts";

/** Whoever of staff acts. */
export interface ActingStaff {
  _id: ObjectId;
}

/** Staff as security events name it. */
export const actorOf = ({ _id }: ActingStaff): NonNullable<SecurityEvent["actor"]> => ({
  kind: "staff",
  id: _id,
});

/** Staff as the ledger and the archive name it. */
export const staffName = ({ _id }: ActingStaff): string => `staff:${_id.toHexString()}`;
