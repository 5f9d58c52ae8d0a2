import { createRequire } from "node:module";
import type { Serverless } from "./service.ts";

type Report = (message: string, error?: unknown) => void;

/** The parts of hapi's server that are touched here. */
interface HapiServer {
  info: { port: number };
  settings: { compression?: unknown };
  ext(
    event: "onRequest",
    method: (
      request: { headers: Record<string, unknown> },
      toolkit: { continue: symbol },
    ) => symbol,
  ): void;
}

interface OfflinePlugin {
  start(): Promise<void>;
  internals(): { getApiGatewayServer(): HapiServer };
}

type Plugin = new (
  serverless: Serverless,
  options: object,
  utils: { log: Record<string, (...parts: unknown[]) => void>; progress: object },
) => OfflinePlugin;

const { default: ServerlessOffline } = createRequire(import.meta.url)("serverless-offline") as {
  default: Plugin;
};

/**
 * Runs serverless-offline in this process, on 127.0.0.1 and free ports, schedules included. Handlers
 * are loaded from their TypeScript as they are, at their first request, without a bundle. It ends
 * with the process: its schedules have no other end.
 * @returns the base URL it answers at
 */
export async function startOffline(serverless: Serverless, report: Report): Promise<string> {
  // serverless-offline would put its own `awslambda` over the gateway's at each load of a handler.
  process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA = "1";
  const options = {
    host: "127.0.0.1",
    httpPort: 0,
    lambdaPort: 0,
    useInProcess: true,
    noPrependStageInUrl: true,
    // A cookie that hapi can't read is no reason to refuse a request; API Gateway doesn't look.
    disableCookieValidation: true,
    noSponsor: true,
  };
  const quiet = (): void => {};
  const log = {
    debug: quiet,
    info: quiet,
    verbose: quiet,
    notice: quiet,
    warning: (...parts: unknown[]) => parts.length > 0 && report(parts.join(" ")),
    error: (...parts: unknown[]) =>
      report(
        `serverless-offline: ${parts.map(String).join(" ")}`,
        parts.find((part) => part instanceof Error),
      ),
  };
  const plugin = new ServerlessOffline(serverless, options, { log, progress: {} });
  await silently(() => plugin.start());
  const server = plugin.internals().getApiGatewayServer();
  likeApiGateway(server);
  return `http://127.0.0.1:${server.info.port}`;
}

/** Keeps its table of routes, with ports that are never used, off the terminal. */
async function silently(work: () => Promise<void>): Promise<void> {
  const { log } = console;
  console.log = () => {};
  try {
    await work();
  } finally {
    console.log = log;
  }
}

/**
 * What hapi would answer by itself: a 400 for a type it can't parse, a part of an answer for a range.
 * serverless-offline writes CORS headers of its own wherever there is an Origin.
 */
const unseen = ["content-type", "range", "origin"];

/** Takes away what hapi does and API Gateway doesn't. Functions still see every header: their event is made of the raw ones. */
function likeApiGateway(server: HapiServer): void {
  server.settings.compression = false;
  server.ext("onRequest", (request, toolkit) => {
    for (const name of unseen) delete request.headers[name];
    return toolkit.continue;
  });
}
