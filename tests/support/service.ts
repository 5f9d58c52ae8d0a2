import type { APIGatewayProxyEvent } from "aws-lambda";
import { accountsCollection, type StoredAccount } from "../../lib/accounts/document.ts";
import { collections } from "../../lib/collections.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { apiEvent, lambdaContext } from "./api-event.ts";
import { monitored } from "./commands.ts";
import { testDatabase } from "./database.ts";
import { loadFunction } from "./functions.ts";
import { routes } from "./routes.ts";
import { type Sample, samples } from "./samples.ts";
import { awsEnvironment, sesServer } from "./ses.ts";
import { signedInStaff, superAdmin, supportOf } from "./staff.ts";
import { type Somebody, somebody } from "./world.ts";

/** Many failures of one address must not block it for the tests after. */
const unlimited = {
  registration: { acceptedPerDay: 1_000_000, refusedPerHour: 1_000_000 },
  login: {
    identity: { failures: 1_000_000, minutes: 1 },
    address: { failures: 1_000_000, minutes: 1 },
  },
};

/** What is to be other than in a good request. */
export interface Changes {
  token?: string | undefined;
  /** Text of the body. */
  body?: string | null;
  path?: Record<string, string>;
  query?: Record<string, string>;
  /** Content-Type. */
  type?: string;
}

type StaffTokens = Record<"admin" | "support", string>;

function eventOf(
  name: string,
  who: Somebody,
  sample: Sample,
  changes: Changes,
  staffTokens: StaffTokens,
): APIGatewayProxyEvent {
  const [method = "", resource = ""] = name.split(" ");
  const { path, query, type } = {
    path: sample.path,
    query: sample.query,
    type: "application/json",
    ...changes,
  };
  const { caller } = sample;
  const isStaff = caller === "admin" || caller === "support";
  const own = caller === "key" ? who.apiKey : isStaff ? staffTokens[caller] : caller && who.token;
  const token = "token" in changes ? changes.token : own;
  const good = sample.body === undefined ? null : JSON.stringify(sample.body);
  return apiEvent({
    method,
    resource,
    headers: {
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      "Content-Type": type,
    },
    body: changes.body === undefined ? good : changes.body,
    ...(path && { pathParameters: path }),
    ...(query && { query }),
  });
}

/**
 * Every endpoint of the service on a database of its own, with mail, mandatory verification and no
 * limits on failures. To be called at the top of a test file.
 */
export async function wholeService() {
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
  };
  const staffTokens = {
    admin: (await signedInStaff(db, superAdmin)).token,
    support: (await signedInStaff(db, supportOf("advanced"))).token,
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
    /** Names of all endpoints, such as `GET /v1/users/keys`. */
    endpoints: [...handlers.keys()],
    /** Somebody new, and a good request of theirs to an endpoint. */
    sampleOf: async (endpoint: string): Promise<{ who: Somebody; sample: Sample }> => {
      const sample = samples[endpoint];
      if (!sample) throw new Error(`tests/support/samples.ts has no request for ${endpoint}`);
      const who = await somebody(db, { verified: !endpoint.includes(" /v1/email/") });
      return { who, sample: sample(who) };
    },
    /** A good request, or one that differs by `changes`, and its answer with the body read. */
    send: async (endpoint: string, who: Somebody, sample: Sample, changes: Changes = {}) => {
      const handler = handlers.get(endpoint);
      if (!handler) throw new Error(`no endpoint is ${endpoint}`);
      const answer = await handler(
        eventOf(endpoint, who, sample, changes, staffTokens),
        lambdaContext(),
      );
      return { status: answer.statusCode, body: JSON.parse(answer.body) };
    },
  };
}
