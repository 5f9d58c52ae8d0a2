import type { StoredKey } from "../accounts/document.ts";
import { formatRange } from "./cidr.ts";
import type { KeyView } from "./rules.ts";

type Optional = "expiresAt" | "allow" | "cap";
type ViewedKey = Omit<StoredKey, Optional> & { [Field in Optional]?: StoredKey[Field] | undefined };

/** A key as its owner sees it at `now`: no hash, and ranges as text. */
export function viewKey(key: ViewedKey, now: Date): KeyView {
  const [, ...former] = key.secrets;
  const untils = former.map(({ until }) => until?.getTime() ?? 0);
  const lastUntil = Math.max(0, ...untils);
  return {
    id: key.id,
    name: key.name,
    masked_key: key.masked,
    scopes: key.scopes,
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    allowed_addresses: key.allow?.map(formatRange) ?? null,
    credit_limit: key.cap?.limit ?? null,
    credits_used: key.cap?.used ?? 0,
    previous_valid_until: lastUntil > now.getTime() ? new Date(lastUntil).toISOString() : null,
  };
}
