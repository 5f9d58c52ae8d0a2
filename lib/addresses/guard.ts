import { Failure } from "../errors.ts";
import { keptFresh } from "../fresh.ts";
import { isLive, lets } from "./judge.ts";
import type { RuleStore } from "./store.ts";

/** Whose rules: everybody's, those of staff, or those of the account with this id in hexadecimal. */
type Scope = "service" | "staff" | { account: string };

interface GuardDeps {
  store: Pick<RuleStore, "judged">;
  /** In milliseconds, for tests. */
  now?: () => number;
}

/** Judges addresses by rules that were read less than 10 s ago. Nobody comes in by older ones. */
export interface AddressGuard {
  /** Whether the live rules of a scope let an address in. @throws Failure DATABASE_UNAVAILABLE if they can't be read */
  lets(scope: Scope, address: string): Promise<boolean>;
  /** @throws Failure ADDRESS_NOT_ALLOWED if they don't; DATABASE_UNAVAILABLE if they can't be read */
  require(scope: Scope, address: string): Promise<void>;
}

/** Reads the rules once every 10 s for this process, however many ask. */
export function addressGuard({ store, now }: GuardDeps): AddressGuard {
  const kept = keptFresh(async () => {
    const read = await store.judged();
    const live = read.rules.filter((rule) => isLive(rule, read.now));
    return Map.groupBy(live, ({ scope, account }) =>
      scope === "account" ? (account?.toHexString() ?? "") : scope,
    );
  }, now);

  const letsIn: AddressGuard["lets"] = async (scope, address) => {
    const rules = kept.fresh() ?? (await kept.read());
    return lets(rules.get(typeof scope === "string" ? scope : scope.account) ?? [], address);
  };

  return {
    lets: letsIn,
    require: async (scope, address) => {
      if (!(await letsIn(scope, address))) throw new Failure("ADDRESS_NOT_ALLOWED");
    },
  };
}
