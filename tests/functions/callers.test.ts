import { describe, expect, it, jest } from "@jest/globals";
import { ObjectId } from "mongodb";
import type { StoredRole } from "../../lib/staff/document.ts";
import { adminPermissions, hasPermission, supportLevels } from "../../lib/staff/permissions.ts";
import type { Privilege } from "../../lib/staff/privilege.ts";
import { ask } from "../support/ask.ts";
import { loadFunction } from "../support/functions.ts";
import { streamingRoutes } from "../support/routes.ts";
import type { Sample } from "../support/samples.ts";
import { wholeService } from "../support/service.ts";
import { adminWith, signedInStaff, superAdmin, supportOf } from "../support/staff.ts";
import { staffSamples } from "../support/staff-samples.ts";
import { staffer } from "../support/staffer.ts";
import { somebody } from "../support/world.ts";

jest.setTimeout(120_000);

const { db, env, endpoints, sampleOf, send, endSessions } = await wholeService();

/** Whom an endpoint is for: anybody, whoever has any token at all, users, their API keys, or staff. */
type Access = Sample["caller"] | "session or scoped key" | Privilege;

interface Caller {
  /** Whose token it is, if it opens anything. */
  is: "user" | "key" | "nobody" | StoredRole;
  /** Undefined for one without a token. */
  token: string | undefined;
}

async function spoilt(how: "expired" | "revoked", whose: "user" | "staff"): Promise<Caller> {
  const who = whose === "user" ? await somebody(db) : await staffer(db, superAdmin);
  await endSessions(who, how);
  return { is: "nobody", token: who.token };
}

const staffOf = async (role: StoredRole): Promise<Caller> => ({
  is: role,
  token: (await signedInStaff(db, role)).token,
});

const user = await somebody(db);
const admin = await signedInStaff(db, superAdmin);
const disabled = await signedInStaff(db, superAdmin, { status: "disabled" });

const callers: Record<string, Caller> = {
  "nobody, without a token": { is: "nobody", token: undefined },
  "a user": { is: "user", token: user.token },
  "a user's key": { is: "key", token: user.apiKey },
  "a user's refresh token": { is: "nobody", token: user.refreshToken },
  "an expired session": await spoilt("expired", "user"),
  "a revoked session": await spoilt("revoked", "user"),
  "a super admin": { is: superAdmin, token: admin.token },
  "a super admin's refresh token": { is: "nobody", token: admin.refreshToken },
  "an expired session of a super admin": await spoilt("expired", "staff"),
  "a revoked session of a super admin": await spoilt("revoked", "staff"),
  "a super admin who is disabled": { is: "nobody", token: disabled.token },
  "an admin without permissions": await staffOf(adminWith()),
};
for (const permission of adminPermissions) {
  callers[`an admin with ${permission}`] = await staffOf(adminWith(permission));
}
for (const level of supportLevels) {
  callers[`support staff of level ${level}`] = await staffOf(supportOf(level));
}

/** Whether a role has a privilege, said another way than the service says it. */
function has(role: StoredRole, privilege: Privilege): boolean {
  if ("any" in privilege) return true;
  const asked = "admin" in privilege ? privilege.admin : privilege.support;
  if ("admin" in privilege !== (role.kind === "admin")) return false;
  if (role.kind === "support") {
    return asked === true || hasPermission(role.staffLevel, asked as never);
  }
  return role.isSuperAdmin || asked === true || role.permissions.includes(asked as never);
}

/** What a caller gets: the status of a success, or the one of the refusal. */
function expected({ is, token }: Caller, access: Access): "success" | 401 | 403 {
  if (access === undefined) return "success";
  if (access === "any token") return token === undefined ? 401 : "success";
  if (access === "session or scoped key") {
    // The key has not the scope.
    return is === "user" ? "success" : is === "key" ? 403 : 401;
  }
  if (access === "session" || access === "key") {
    return is === (access === "session" ? "user" : "key") ? "success" : 401;
  }
  if (typeof is === "string") return 401;
  return has(is, access) ? "success" : 403;
}

/** Of each endpoint a good request, which is never made, and whom it is for. */
const refusable = new Map(
  await Promise.all(
    endpoints.map(async (endpoint) => {
      const { who, sample } = await sampleOf(endpoint);
      const ofUser = sample.orScopedKey ? "session or scoped key" : sample.caller;
      const access: Access = staffSamples[endpoint]?.needs ?? ofUser;
      return [endpoint, { who, sample, access }] as const;
    }),
  ),
);

/** The status that each caller gets, by its name; asked at once unless they would be in each other's way. */
async function statusesOf(
  statusFor: (caller: Caller) => Promise<number>,
  { inTurn = false } = {},
): Promise<Record<string, number>> {
  const statuses: Record<string, number> = {};
  const note = async ([name, caller]: [string, Caller]) => {
    statuses[name] = await statusFor(caller);
  };
  if (inTurn) for (const one of Object.entries(callers)) await note(one);
  else await Promise.all(Object.entries(callers).map(note));
  return statuses;
}

const wantedOf = (statusFor: (caller: Caller) => number): Record<string, number> =>
  Object.fromEntries(Object.entries(callers).map(([name, caller]) => [name, statusFor(caller)]));

describe("for each caller", () => {
  it.each([...refusable])("%s", async (endpoint, { who, sample, access }) => {
    const statusFor = async ({ is, token }: Caller): Promise<number> => {
      if (expected({ is, token }, access) !== "success") {
        return (await send(endpoint, who, sample, { token })).status;
      }
      // A good request names what is its owner's, so that a success is one for an owner of that role.
      const role = typeof access === "object" && typeof is === "object" ? is : undefined;
      const own = await sampleOf(endpoint, role);
      const ownToken = own.sample.caller === "key" ? own.who.apiKey : own.who.token;
      const used = access === undefined ? token : ownToken;
      return (await send(endpoint, own.who, own.sample, { token: used })).status;
    };
    const wanted = wantedOf((caller) => {
      const verdict = expected(caller, access);
      return verdict === "success" ? sample.status : verdict;
    });
    // Staff changes the settings and the address rules, of which there is one version.
    const inTurn = typeof access === "object";
    expect(await statusesOf(statusFor, { inTurn })).toEqual(wanted);
  });

  it.each(streamingRoutes())("$method $path", async ({ handler }) => {
    const run = await loadFunction(handler, env);
    // A body without anything in it gets past the gate, and no further.
    const statusFor = async ({ token }: Caller) =>
      (await ask(run, { body: {}, ...(token !== undefined && { token }) })).status;
    const wanted = wantedOf(({ is }) => (is === "key" ? 422 : 401));
    expect(await statusesOf(statusFor)).toEqual(wanted);
  });
});

describe("the matrix", () => {
  it("knows every endpoint", async () => {
    for (const endpoint of endpoints) await expect(sampleOf(endpoint)).resolves.toBeDefined();
  });

  it("has somebody of staff who is let in and somebody who is not, wherever a privilege is asked for", () => {
    for (const [endpoint, { needs }] of Object.entries(staffSamples)) {
      if (!needs) continue;
      const verdicts = new Set(Object.values(callers).map((caller) => expected(caller, needs)));
      expect([endpoint, verdicts.has("success")]).toEqual([endpoint, true]);
      expect([endpoint, verdicts.has(401)]).toEqual([endpoint, true]);
      expect([endpoint, verdicts.has(403)]).toEqual([endpoint, !("any" in needs)]);
    }
  });
});

describe("what is another's", () => {
  const ofUsers = endpoints.filter(
    (endpoint) => endpoint.includes("/v1/users/") && endpoint.includes("{id}"),
  );

  it.each(ofUsers)("%s: 404, and it stays as it was", async (endpoint) => {
    const { who: victim, sample: theirs } = await sampleOf(endpoint);
    const before = await db.collection("accounts").findOne({ _id: victim.id });
    const { who, sample } = await sampleOf(endpoint);
    const { path } = theirs;
    expect(await send(endpoint, who, sample, path && { path })).toMatchObject({ status: 404 });
    expect(await db.collection("accounts").findOne({ _id: victim.id })).toEqual(before);
  });
});

describe("what staff may not see", () => {
  const named = endpoints.filter((name) => staffSamples[name]?.needs && name.includes("{id}"));

  it.each(named)("%s: 403 for one that is, one that is not and what is no id", async (endpoint) => {
    const { who, sample } = await sampleOf(endpoint);
    const { token } = await signedInStaff(db, adminWith());
    for (const id of [sample.path?.id ?? "", new ObjectId().toHexString(), "no id"]) {
      const path = { ...sample.path, id };
      const { status } = await send(endpoint, who, sample, { token, path });
      expect({ id, status }).toEqual({ id, status: 403 });
    }
  });

  it("404 for a session of another user than the address says, which goes on", async () => {
    const endpoint = "DELETE /v1/admin-panel/users/{id}/sessions/{session}";
    const { who, sample } = await sampleOf(endpoint);
    const victim = await somebody(db);
    const path = { ...sample.path, session: victim.otherSessionId };
    expect(await send(endpoint, who, sample, { path })).toMatchObject({ status: 404 });
    const stored = await db.collection("accounts").findOne({ _id: victim.id });
    expect(stored?.sessions).toHaveLength(2);
  });
});

describe("fields that nobody may send", () => {
  const stored = ["_id", "role", "status", "passwordHash", "balance", "sessions", "createdBy"];

  it.each(endpoints)("%s: refuses them by name, beside a good body", async (endpoint) => {
    const { who, sample } = await sampleOf(endpoint);
    if (!sample.body) return;
    for (const field of stored.filter((name) => !Object.hasOwn(sample.body ?? {}, name))) {
      const body = JSON.stringify({ ...sample.body, [field]: "x" });
      const { status, body: answer } = await send(endpoint, who, sample, { body });
      expect([field, status, answer.errors]).toEqual([
        field,
        422,
        [{ path: field, message: "is not known here" }],
      ]);
    }
  });
});
