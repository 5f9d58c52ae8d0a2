import { afterAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { accountsCollection, type StoredAccount } from "../../lib/accounts/document.ts";
import { collections } from "../../lib/collections.ts";
import { openDatabase } from "../../lib/db/connection.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { Failure } from "../../lib/errors.ts";
import { derivedKeys } from "../../lib/security/derived-key.ts";
import { refreshSession } from "../../lib/sessions/refresh-session.ts";
import { sessionStore } from "../../lib/sessions/store.ts";
import { defaultSettings } from "../../lib/settings/rules.ts";
import { signedIn } from "../support/accounts.ts";
import { openToAll } from "../support/addresses.ts";
import { testDatabase } from "../support/database.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, collections);
const accounts = db.collection<StoredAccount>(accountsCollection.name);
const database = openDatabase({ uri: () => uri, name });
afterAll(() => database.close());

const deps = {
  sessions: sessionStore(database),
  secretKeys: derivedKeys(async () => "a secret of this test alone, long enough"),
  settings: { current: async () => defaultSettings },
  addresses: openToAll,
};
const request = { id: "request", ip: "203.0.113.7", userAgent: undefined };

/** The next refresh token, or undefined if there is none to get. */
const refreshed = async (refreshToken: string): Promise<string | undefined> => {
  try {
    return (await refreshSession(deps, { refreshToken, request })).session.refresh_token;
  } catch (error) {
    if (error instanceof Failure && error.code === "SESSION_INVALID") return undefined;
    throw error;
  }
};

/** Somebody shows the token of some generations ago, at once or after the time for repeats. */
const step = fc.record({
  ago: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(3)),
  late: fc.boolean(),
});

describe("refresh tokens", () => {
  it("do what their rule says, in whatever order they are shown", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        const { account, tokens } = await signedIn(db);
        const line = [tokens.refresh_token];
        let alive = true;
        for (const { ago, late } of steps) {
          const shown = Math.max(0, line.length - 1 - ago);
          const newest = line.length - 1;
          if (late) {
            await accounts.updateOne(
              { _id: account._id, "sessions.refresh.previous": { $exists: true } },
              { $set: { "sessions.0.refresh.previous.until": new Date(0) } },
            );
          }
          const next = await refreshed(line[shown] ?? "");
          if (!alive) expect(next).toBeUndefined();
          else if (shown === newest) {
            expect(next).toEqual(expect.stringMatching(/^per_/));
            line.push(next ?? "");
          } else if (shown === newest - 1 && !late) expect(next).toBe(line[newest]);
          else {
            expect(next).toBeUndefined();
            alive = false;
          }
          const stored = await accounts.findOne({ _id: account._id });
          expect(stored?.sessions).toHaveLength(alive ? 1 : 0);
        }
        expect(new Set(line).size).toBe(line.length);
        const events = await db.collection("securityEvents").countDocuments({
          subject: account._id,
        });
        expect(events).toBe(alive ? 0 : 1);
      }),
      { numRuns: 40 },
    );
  });
});
