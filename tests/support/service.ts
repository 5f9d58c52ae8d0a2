import type { APIGatewayProxyEvent } from "aws-lambda";
import { accountsCollection, type StoredAccount } from "../../lib/accounts/document.ts";
import { collections } from "../../lib/collections.ts";
import { migrate } from "../../lib/db/migrate.ts";
import type { StoredRole, StoredStaff } from "../../lib/staff/document.ts";
import { apiEvent, lambdaContext } from "./api-event.ts";
import { monitored } from "./commands.ts";
import { testDatabase } from "./database.ts";
import { loadFunction } from "./functions.ts";
import { routes } from "./routes.ts";
import { type Sample, samples } from "./samples.ts";
import { awsEnvironment, sesServer } from "./ses.ts";
import { superAdmin, supportOf } from "./staff.ts";
import { staffSamples } from "./staff-samples.ts";
import { type Staffer, staffer } from "./staffer.ts";
import { withoutWaits } from "./without-waits.ts";
import { type Somebody, somebody } from "./world.ts";

/** Many failures of one address must not block it for the tests after. */
const unlimited = {
  registration: { acceptedPerDay: 1_000_000, refusedPerHour: 1_000_000 },
  login: {
    identity: { failures: 1_000_000, minutes: 1 },
    address: { failures: 1_000_000, minutes: 1 },
  },
};

/** Whoever a sample is of: what is the same of users and of staff. */
export type Who = Somebody | Staffer;

/** What is to be other than in a good request. */
export interface Changes {
  token?: string | undefined;
  /** Text of the body. */
  body?: string | null;
  path?: Record<string, string>;
  query?: Record<string, string>;
  /** Content-Type. */
  type?: string;
  /** Where it comes from. */
  ip?: string;
}

type StoredHolder = Pick<StoredStaff & StoredAccount, "_id" | "sessions">;

/** Somebody who may call an endpoint of staff: the least of support staff, or a super admin. */
function roleFor({ needs = { any: true }, kind }: (typeof staffSamples)[string]): StoredRole {
  if ("support" in needs || kind === "support") return supportOf("advanced");
  return superAdmin;
}

function eventOf(name: string, who: Who, sample: Sample, changes: Changes): APIGatewayProxyEvent {
  const [method = "", resource = ""] = name.split(" ");
  const { path, query, type } = {
    path: sample.path,
    query: sample.query,
    type: "application/json",
    ...changes,
  };
  const own = sample.caller === "key" ? who.apiKey : sample.caller && who.token;
  const token = "token" in changes ? changes.token : own;
  const good = sample.body === undefined ? null : JSON.stringify(sample.body);
  return apiEvent({
    method,
    resource,
    headers: {
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      "Content-Type": type,
      ...sample.headers,
    },
    ...(changes.ip !== undefined && { ip: changes.ip }),
    body: changes.body === undefined ? good : changes.body,
    ...(path && { pathParameters: path }),
    ...(query && { query }),
  });
}

/**
 * Every endpoint of the service on a database of its own, with mail, mandatory verification and no
 * limits on failures; `more` is put into its environment. To be called at the top of a test file.
 */
export async function wholeService(more: Record<string, string> = {}) {
  withoutWaits();
  const { db, uri, name } = await testDatabase();
  await migrate(db, collections);
  await db.collection<{ _id: string }>("settings").insertOne({
    _id: "service",
    version: 1,
    value: unlimited,
    updatedAt: new Date(),
  } as { _id: string });
  const ses = await sesServer();
  const env = {
    ...awsEnvironment,
    MONGODB_URI: monitored(uri),
    MONGODB_DATABASE: name,
    MAIL_FROM: "no-reply@example.com",
    SES_ENDPOINT: ses.url,
    EMAIL_VERIFICATION_ENABLED: "true",
    ...more,
  };
  const handlers = new Map<string, Awaited<ReturnType<typeof loadFunction>>>(
    await Promise.all(
      routes().map(
        async ({ method, path, handler }) =>
          [`${method} ${path}`, await loadFunction(handler, env)] as const,
      ),
    ),
  );
  return {
    db,
    env,
    accounts: db.collection<StoredAccount>(accountsCollection.name),
    /** What is stored of who a sample is of. */
    storedOf: (who: Who) => db.collection<StoredHolder>(who.home).findOne({ _id: who.id }),
    /** Ends the sessions of who a sample is of, or lets them expire. */
    endSessions: (who: Who, how: "expired" | "revoked") =>
      db
        .collection<StoredHolder>(who.home)
        .updateOne(
          { _id: who.id },
          how === "revoked"
            ? { $set: { sessions: [] } }
            : { $set: { "sessions.$[].expiresAt": new Date(0) } },
        ),
    /** Names of all endpoints, such as `GET /v1/users/keys`. */
    endpoints: [...handlers.keys()],
    /** Somebody new, and a good request of theirs to an endpoint; of an endpoint of staff by that role, or one that may. */
    sampleOf: async (
      endpoint: string,
      role?: StoredRole,
    ): Promise<{ who: Who; sample: Sample }> => {
      const ofStaff = staffSamples[endpoint];
      if (ofStaff) {
        const who = await staffer(db, role ?? roleFor(ofStaff), ofStaff.factor);
        return { who, sample: await ofStaff.sample(who, db) };
      }
      const sample = samples[endpoint];
      if (!sample) throw new Error(`tests/support/samples.ts has no request for ${endpoint}`);
      const who = await somebody(db, { verified: !endpoint.includes(" /v1/email/") });
      return { who, sample: sample(who) };
    },
    /** A good request, or one that differs by `changes`, and its answer with the body read. */
    send: async (endpoint: string, who: Who, sample: Sample, changes: Changes = {}) => {
      const handler = handlers.get(endpoint);
      if (!handler) throw new Error(`no endpoint is ${endpoint}`);
      const answer = await handler(eventOf(endpoint, who, sample, changes), lambdaContext());
      const isJson = String(answer.headers?.["Content-Type"]).includes("json");
      return { status: answer.statusCode, body: isJson ? JSON.parse(answer.body) : answer.body };
    },
  };
}
