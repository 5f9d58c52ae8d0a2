import type { ObjectId } from "mongodb";
import { Failure } from "../errors.ts";
import type { StaffDirectory } from "./directory-store.ts";
import type { StoredRole, StoredStaff } from "./document.ts";

export type Manager = Pick<StoredStaff, "_id" | "role">;

/** The kinds of staff that somebody manages: a super admin all, any other admin support staff. */
export const managedKinds = ({ role }: Manager): StoredRole["kind"][] =>
  role.kind === "admin" && role.isSuperAdmin ? ["admin", "support"] : ["support"];

/** @throws Failure NOT_FOUND for anybody whom the manager does not manage, as if there were nobody */
export async function managedStaff(
  { directory }: { directory: Pick<StaffDirectory, "find"> },
  manager: Manager,
  id: ObjectId,
): Promise<StoredStaff> {
  const found = await directory.find(id, managedKinds(manager));
  if (!found) throw new Failure("NOT_FOUND");
  return found;
}
