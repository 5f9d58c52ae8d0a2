import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { currentNames } from "../../lib/env.ts";
import { chooseDatabase, type Database } from "./database.ts";
import { environmentOf, upstreamKey } from "./environment.ts";
import { type Front, openFront } from "./front.ts";
import { runFunctions } from "./functions.ts";
import { openLogFile, readable } from "./log-lines.ts";
import { startMailbox } from "./mailbox.ts";
import { lockDirectory } from "./mongo/storage/lock.ts";
import { keptSecret } from "./secret.ts";
import { type DemoUser, demoUser, seedSettings } from "./seed.ts";
import { type LocalAdmin, localAdmin } from "./seed-admin.ts";
import { startUpstream } from "./upstream/server.ts";
import { watchSources } from "./watch.ts";

const migration = fileURLToPath(new URL("../migrate.ts", import.meta.url));

interface StackOptions {
  /** Where serverless.yml is. */
  directory: string;
  /** Where the database, the logs, the lock and stack.json go. */
  data: string;
  port: number;
  /** Begin with an empty database. */
  fresh: boolean;
  /** Keep the good part of a corrupt journal. */
  repair: boolean;
  say: (line: string) => void;
}

/** What stack.json says, for scripts and tests. */
export interface StackFile {
  apiUrl: string;
  mailboxUrl: string;
  upstreamUrl: string;
  mongodbUri: string;
  database: Database["kind"];
  /** Not in a database of one's own, which is left as it is. */
  demoUser?: DemoUser;
  /** Likewise. */
  admin?: LocalAdmin;
}

export interface Stack extends StackFile {
  logPath: string;
  upstreamKey: string;
  /** Where the functions ask models: the stand-in, unless UPSTREAM_URL is set. */
  modelsUrl: string;
  /** False where the system can't watch files: then edits need a restart. */
  reloads: boolean;
  /** Rejects with the reason once a part has ended by itself. */
  broken: Promise<never>;
}

/** A mistake in how the stack was started, with a message for who started it. */
export class StartError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "StartError";
  }
}

/**
 * Starts the parts of the local stack one after the other. Each registers with `stops` how it is
 * ended, last one first, so that whoever called can also end a start that failed half-way.
 * @throws StartError, or the error of the part that can't start
 */
export async function startStack(
  options: StackOptions,
  stops: AsyncDisposableStack,
): Promise<Stack> {
  const { directory, data, fresh, repair, say } = options;
  const { promise: broken, reject: fail } = Promise.withResolvers<never>();
  broken.catch(() => "also heard by those who wait for it");

  stops.defer(takeFolder(data));
  const front = await takePort(options.port);
  stops.defer(front.stop);
  const databaseDirectory = join(data, "database");
  if (fresh) await emptyDatabase(databaseDirectory);
  const database = await chooseDatabase({ directory: databaseDirectory, repair, log: say });
  stops.defer(database.stop);
  const own = database.kind !== "external";
  if (own) stops.defer(watchDatabase(database.uri, fail));
  say(`Database: ${database.description}`);

  const mailbox = await startMailbox();
  stops.defer(mailbox.stop);
  const upstream = await startUpstream({ apiKey: upstreamKey });
  stops.defer(upstream.stop);
  const parts = {
    mongodbUri: database.uri,
    mailboxUrl: mailbox.url,
    upstreamUrl: upstream.url,
    upstreamKey,
    tokenSecret: keptSecret(join(data, "token-secret")),
  };
  const env = environmentOf(parts, process.env);

  const log = openLogFile(join(data, "logs"));
  stops.defer(log.end);
  const onLine = (line: string): void => {
    log.write(line);
    const short = readable(line);
    if (short !== undefined) say(short);
  };
  const onEnd = (reason: string) => fail(new Error(reason));
  const functions = runFunctions(front, { directory, env, onLine, onEnd });
  stops.defer(functions.stop);
  const prepare = async (): Promise<void> => {
    await migrate(env, say);
    if (own) await seedSettings(database.uri, env.MONGODB_DATABASE ?? "");
  };
  await Promise.all([prepare(), functions.start()]);

  let reloading = Promise.resolve();
  const reload = (): void => {
    reloading = reloading.then(functions.reload).then(
      () => say("Functions reloaded."),
      (error: Error) => say(`Functions can't be reloaded: ${error.message}`),
    );
  };
  const reloads = watchIfPossible(directory, reload, stops);

  const stack: StackFile = {
    apiUrl: `http://127.0.0.1:${front.port}`,
    mailboxUrl: mailbox.url,
    upstreamUrl: upstream.url,
    mongodbUri: database.uri,
    database: database.kind,
  };
  await Promise.race([firstAnswer(stack.apiUrl), broken]);
  if (own) Object.assign(stack, await seeded(stack, { data, name: env.MONGODB_DATABASE ?? "" }));
  const stackFile = join(data, "stack.json");
  stops.defer(() => rm(stackFile, { force: true }));
  await writeFile(stackFile, `${JSON.stringify(stack, null, 2)}\n`);
  const modelsUrl = env.UPSTREAM_URL ?? "";
  return { ...stack, upstreamKey, modelsUrl, logPath: log.path, reloads, broken };
}

/** Somebody to try the service as, of each kind. */
async function seeded(
  { apiUrl, mongodbUri }: StackFile,
  { data, name }: { data: string; name: string },
): Promise<Required<Pick<StackFile, "demoUser" | "admin">>> {
  const place = { apiUrl, mongodbUri, database: name, kept: join(data, "admin.json") };
  const [user, admin] = await Promise.all([
    demoUser(apiUrl, join(data, "demo-user.json")),
    localAdmin(place),
  ]);
  return { demoUser: user, admin };
}

/** Keeps other stacks out of a folder, until the function it returns is called. */
function takeFolder(data: string): () => void {
  mkdirSync(data, { recursive: true });
  try {
    return lockDirectory(data);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== undefined) throw error;
    throw new StartError(`The local stack runs in this folder already: ${message}`, error);
  }
}

async function takePort(port: number): Promise<Front> {
  try {
    return await openFront(port);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    const next = `PORT=${port + 1} npm start`;
    throw new StartError(`Port ${port} is in use. Take another one: ${next}`, error);
  }
}

async function emptyDatabase(directory: string): Promise<void> {
  if (currentNames(process.env).MONGODB_URI) {
    throw new StartError(
      "--fresh would empty the database at MONGODB_URI, which is not the stack's own. Unset one of the two.",
    );
  }
  await rm(directory, { recursive: true, force: true });
}

/** A connection that nobody uses: it ends when the database does. */
function watchDatabase(uri: string, fail: (error: Error) => void): () => void {
  const { hostname, port } = new URL(uri);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on("error", () => "its close says it all");
  const onClose = (): void => fail(new Error("the database ended"));
  socket.once("close", onClose);
  return () => {
    socket.off("close", onClose);
    socket.destroy();
  };
}

/** The same command as `npm run db:migrate`. */
async function migrate(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [migration], { env });
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new Error(`the migration of the database failed: ${stderr?.trim() || message}`);
  }
  say("Database: collections and indexes are as declared");
}

function watchIfPossible(
  directory: string,
  onChange: () => void,
  stops: AsyncDisposableStack,
): boolean {
  try {
    stops.defer(watchSources(directory, onChange));
    return true;
  } catch {
    return false;
  }
}

async function firstAnswer(url: string): Promise<void> {
  const response = await fetch(`${url}/health`);
  if (!response.ok)
    throw new Error(`GET /health answered ${response.status}: ${await response.text()}`);
}
