import { afterAll } from "@jest/globals";
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import { asDeclared } from "./declared.ts";

type Handler = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

/** The server's secret in the tests. */
export const testSecret = "the secret of the tests, long enough";

const base = {
  LOG_LEVEL: "SILENT",
  POWERTOOLS_METRICS_DISABLED: "true",
  TOKEN_SECRET: testSecret,
};

/**
 * The handler of a function, such as `monitoring/health`, loaded into an environment of one's own as
 * a container loads it; it throws where it answers what it does not declare. The runtime is made once a test file, from the environment of the first call.
 */
export async function loadFunction(path: string, env: Record<string, string>): Promise<Handler> {
  Object.assign(process.env, base, env);
  const module: { handler: Handler } = await import(`../../functions/${path}.ts`);
  return asDeclared(path, module.handler);
}

afterAll(async () => {
  if (process.env.MONGODB_URI === undefined) return;
  const { database, jobDatabase } = await import("../../lib/runtime.ts");
  await Promise.all([database.close(), jobDatabase.close()]);
});
