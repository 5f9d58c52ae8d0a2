import { accountsCollection, type StoredAccount } from "../../lib/accounts/document.ts";
import { collections } from "../../lib/collections.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { monitored } from "./commands.ts";
import { testDatabase } from "./database.ts";
import { loadFunction } from "./functions.ts";
import { routes } from "./routes.ts";
import { samples } from "./samples.ts";
import { awsEnvironment, sesServer } from "./ses.ts";
import { type Somebody, somebody } from "./world.ts";

/** Many failures of one address must not block it for the tests after. */
const unlimited = {
  registration: { acceptedPerDay: 1_000_000, refusedPerHour: 1_000_000 },
  login: {
    identity: { failures: 1_000_000, minutes: 1 },
    address: { failures: 1_000_000, minutes: 1 },
  },
};

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
  const endpoints = await Promise.all(
    routes().map(async ({ method, path, handler }) => ({
      name: `${method} ${path}`,
      path,
      handler: await loadFunction(handler, env),
    })),
  );
  return {
    db,
    env,
    accounts: db.collection<StoredAccount>(accountsCollection.name),
    endpoints,
    /** Somebody new, and a good request of theirs to an endpoint. */
    sampleOf: async (endpoint: string) => {
      const sample = samples[endpoint];
      if (!sample) throw new Error(`tests/support/samples.ts has no request for ${endpoint}`);
      const who: Somebody = await somebody(db, { verified: !endpoint.includes(" /v1/email/") });
      return { who, sample: sample(who) };
    },
  };
}

export type Endpoint = Awaited<ReturnType<typeof wholeService>>["endpoints"][number];
