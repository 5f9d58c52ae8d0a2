import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(import.meta.url);

interface HttpEvent {
  method: string;
  path: string;
  response?: { transferMode?: string };
}

/** A function of serverless.yml, as far as the gateway reads it. */
export interface FunctionDefinition {
  name: string;
  description?: string;
  /** Path without extension, a dot, name of the export. */
  handler: string;
  /** Seconds. */
  timeout?: number;
  memorySize?: number;
  environment?: Record<string, string>;
  events?: { http?: string | HttpEvent }[];
}

/** serverless.yml with its variables resolved. */
export interface Service {
  directory: string;
  functions: Record<string, FunctionDefinition>;
  provider: {
    stage: string;
    region: string;
    timeout?: number;
    memorySize?: number;
    environment?: Record<string, string>;
  };
}

/** osls' own object, which serverless-offline is given. */
export interface Serverless {
  service: Pick<Service, "functions" | "provider"> & {
    load(options: object): Promise<void>;
    mergeArrays(): void;
    setFunctionNames(options: object): void;
  };
}

type Configuration = Record<string, unknown>;

/** The parts of osls used here; its own types stop at the outermost one. */
const osls = {
  read: require("serverless/lib/configuration/read.js") as (path: string) => Promise<Configuration>,
  resolve: require("serverless/lib/configuration/variables/index.js") as (options: {
    serviceDir: string;
    configuration: Configuration;
    options: object;
  }) => Promise<void>,
  Serverless: require("serverless") as new (options: object) => Serverless,
};

/**
 * Reads serverless.yml as `serverless offline` would, without the check against its schema (4 s and
 * 330 MB; `serverless package` makes it) and without the plugins that only deploy.
 * Variables such as `${env:NAME}` take their values from this process's environment.
 * @throws Error naming the file and place that can't be read, or the variable that can't be resolved
 */
export async function readService(
  directory: string,
): Promise<Service & { serverless: Serverless }> {
  const configuration = await osls.read(join(directory, "serverless.yml"));
  await osls.resolve({ serviceDir: directory, configuration, options: {} });
  const serverless = new osls.Serverless({
    serviceDir: directory,
    configuration,
    configurationFilename: "serverless.yml",
    commands: ["offline"],
    options: {},
  });
  await serverless.service.load({});
  serverless.service.mergeArrays();
  serverless.service.setFunctionNames({});
  const { functions, provider } = serverless.service;
  return { directory, functions, provider, serverless };
}
