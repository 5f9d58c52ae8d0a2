import { beforeEach, describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import type { StoredRule } from "../../lib/addresses/document.ts";
import { ipRulesCollection } from "../../lib/addresses/document.ts";
import { addressGuard } from "../../lib/addresses/guard.ts";
import { ruleStore } from "../../lib/addresses/store.ts";
import { collections } from "../../lib/collections.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { Failure } from "../../lib/errors.ts";
import { parseRange } from "../../lib/keys/cidr.ts";
import { securityEvent } from "../../lib/security/events.ts";
import { testDatabase } from "../support/database.ts";

const { db } = await testDatabase();
await migrate(db, collections);
const stored = db.collection(ipRulesCollection.name);

let away = false;
let reads = 0;
const database = {
  run: async <R>(work: (one: typeof db) => Promise<R>): Promise<R> => {
    reads += 1;
    if (away) throw new Failure("DATABASE_UNAVAILABLE");
    return work(db);
  },
};
const store = ruleStore(database);

let now = 0;
const process = () => addressGuard({ store, now: () => now });

beforeEach(async () => {
  now = 0;
  away = false;
  await stored.deleteMany({});
  reads = 0;
});

/** `staff -10.0.0.0/8`; whose account, if it is about one. */
function rule(text: string, changes: Partial<StoredRule> = {}): StoredRule {
  const [scope, range = ""] = text.split(" ");
  return {
    id: new ObjectId(),
    action: range.startsWith("+") ? "allow" : "deny",
    scope: scope as StoredRule["scope"],
    range: parseRange(range.slice(1)) ?? { from: "", to: "" },
    description: "",
    active: true,
    createdBy: new ObjectId(),
    createdAt: new Date(),
    ...changes,
  };
}

const request = { id: "request", ip: "203.0.113.7", userAgent: undefined };

async function write(...rules: StoredRule[]): Promise<void> {
  const { version } = await store.all();
  const event = securityEvent("ip_rule_updated", { request });
  expect(await store.replace({ version, rules, by: "somebody", event, usage: undefined })).toBe(
    true,
  );
  reads = 0;
}

describe("the guard of addresses", () => {
  it("lets everybody in while there are no rules", async () => {
    const guard = process();
    expect(await guard.lets("service", "203.0.113.7")).toBe(true);
    expect(await guard.lets("staff", "203.0.113.7")).toBe(true);
    expect(await guard.lets({ account: "0".repeat(24) }, "203.0.113.7")).toBe(true);
  });

  it("keeps scopes and accounts apart", async () => {
    const [one, other] = [new ObjectId(), new ObjectId()];
    await write(
      rule("service -1.1.1.1"),
      rule("staff -2.2.2.2"),
      rule("account -3.3.3.3", { account: one }),
    );
    const guard = process();
    const scopes = [
      "service",
      "staff",
      ...[one, other].map((id) => ({ account: id.toHexString() })),
    ] as const;
    const seen = await Promise.all(
      scopes.map(async (scope) => {
        const addresses = ["1.1.1.1", "2.2.2.2", "3.3.3.3"];
        const letIn = await Promise.all(addresses.map((address) => guard.lets(scope, address)));
        return addresses.filter((_, index) => !letIn[index]);
      }),
    );
    expect(seen).toEqual([["1.1.1.1"], ["2.2.2.2"], ["3.3.3.3"], []]);
  });

  it("reads once every 10 s, however many ask", async () => {
    const guard = process();
    await Promise.all(Array.from({ length: 20 }, () => guard.lets("service", "1.1.1.1")));
    now = 9_999;
    await guard.lets({ account: "0".repeat(24) }, "1.1.1.1");
    expect(reads).toBe(1);
    now = 10_000;
    await guard.lets("service", "1.1.1.1");
    expect(reads).toBe(2);
  });

  it("holds a change in every process within 10 s", async () => {
    const processes = [process(), process(), process()];
    const letIn = () => Promise.all(processes.map((guard) => guard.lets("service", "1.1.1.1")));
    // They have read at different times.
    for (const [index, guard] of processes.entries()) {
      now = index * 3_000;
      await guard.lets("service", "1.1.1.1");
    }
    await write(rule("service -1.1.1.1"));
    now = 6_000 + 9_999;
    expect(await letIn()).toEqual([false, false, true]);
    now = 6_000 + 10_000;
    expect(await letIn()).toEqual([false, false, false]);
    await write();
    now += 10_000;
    expect(await letIn()).toEqual([true, true, true]);
  });

  it("forgets a rule that has ended by the database's clock, and one that is off", async () => {
    const ended = new Date(Date.now() - 1);
    const soon = new Date(Date.now() + 60_000);
    await write(
      rule("service -1.1.1.1", { expiresAt: ended }),
      rule("service -2.2.2.2", { expiresAt: soon }),
      rule("service -3.3.3.3", { active: false }),
    );
    const guard = process();
    expect(await guard.lets("service", "1.1.1.1")).toBe(true);
    expect(await guard.lets("service", "2.2.2.2")).toBe(false);
    expect(await guard.lets("service", "3.3.3.3")).toBe(true);
  });

  it("opens to all when the only rule that allows has ended", async () => {
    await write(rule("service +10.0.0.0/8", { expiresAt: new Date(Date.now() - 1) }));
    expect(await process().lets("service", "203.0.113.7")).toBe(true);
  });

  it("lets nobody in by rules older than 10 s while the database is away, and again when it is back", async () => {
    const guard = process();
    await guard.require("service", "1.1.1.1");
    away = true;
    now = 9_999;
    await guard.require("service", "1.1.1.1");
    now = 10_000;
    const refused = guard.require("service", "1.1.1.1");
    await expect(refused).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
    away = false;
    await guard.require("service", "1.1.1.1");
  });

  it("says no more than that an address is not allowed", async () => {
    await write(rule("service -1.1.1.1"));
    const refused = process().require("service", "1.1.1.1");
    await expect(refused).rejects.toMatchObject({ code: "ADDRESS_NOT_ALLOWED", extra: {} });
  });

  it("believes no rules that a frozen clock calls fresh", async () => {
    const guard = addressGuard({ store });
    await guard.lets("service", "1.1.1.1");
    const { now: real } = Date;
    Date.now = () => real() + 10_000;
    try {
      await guard.lets("service", "1.1.1.1");
    } finally {
      Date.now = real;
    }
    expect(reads).toBe(2);
  });
});

describe("the rules as they are stored", () => {
  it("are changed by one of two who read the same version, also at first", async () => {
    const event = () => securityEvent("ip_rule_created", { request });
    for (const version of [0, 1]) {
      const outcomes = await Promise.all(
        ["-1.1.1.1", "-2.2.2.2", "-3.3.3.3"].map((text) =>
          store.replace({
            version,
            rules: [rule(`service ${text}`)],
            by: "x",
            event: event(),
            usage: undefined,
          }),
        ),
      );
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      expect(await store.all()).toMatchObject({ version: version + 1, rules: [{}] });
    }
    // What did not happen is not recorded.
    expect(await db.collection("securityEvents").countDocuments({ type: "ip_rule_created" })).toBe(
      2,
    );
  });
});
