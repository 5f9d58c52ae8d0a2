import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { openDatabase } from "../lib/db/connection.ts";
import { migrate } from "../lib/db/migrate.ts";
import { readDatabaseEnv } from "../lib/env.ts";
import { Failure } from "../lib/errors.ts";
import { issueText } from "../lib/issue-text.ts";
import { securityEventsCollection } from "../lib/security/events.ts";
import { passwordHasher } from "../lib/security/password.ts";
import { settingsReader } from "../lib/settings/reader.ts";
import { settingsStore } from "../lib/settings/store.ts";
import { staffDirectory } from "../lib/staff/directory-store.ts";
import { staffCollection } from "../lib/staff/document.ts";
import { makeAdmin } from "../lib/staff/make-admin.ts";
import { Newcomer } from "../lib/staff/rules.ts";
import { staffSessionStore } from "../lib/staff/session-store.ts";
import { staffStore } from "../lib/staff/store.ts";
import { prompter } from "./prompt.ts";

/** Milliseconds that building the indexes may take at most. */
const bound = 60_000;

const Given = Newcomer.extend({ session_token: z.string().min(1).optional() }).strict();

/**
 * `npm run admin:create`: makes a super admin in the database of the environment. Asks on a terminal;
 * else reads username, email, name and password from its input, as lines in that order or as one
 * JSON object. If there is an admin already, it needs the session token of a super admin: in the
 * environment as ADMIN_SESSION_TOKEN, as a fifth line, or as `session_token`. Nothing secret is an
 * argument, which others on the machine could see.
 */
async function main(): Promise<void> {
  const env = readDatabaseEnv();
  const database = openDatabase({ name: env.MONGODB_DATABASE, uri: () => env.MONGODB_URI });
  try {
    const { session_token: token = process.env.ADMIN_SESSION_TOKEN || undefined, ...newcomer } =
      checked(await (process.stdin.isTTY ? fromTerminal() : fromInput()));
    // Without its indexes two could be the first.
    await database.run((db) => migrate(db, [staffCollection, securityEventsCollection]), bound);
    const id = await makeAdmin(
      {
        members: staffStore(database),
        directory: staffDirectory(database),
        sessions: staffSessionStore(database),
        passwords: passwordHasher(),
        settings: settingsReader({ store: settingsStore(database), environment: {} }),
      },
      {
        newcomer,
        token,
        now: new Date(),
        request: { id: randomUUID(), ip: "127.0.0.1", userAgent: "admin:create" },
      },
    );
    console.log(`The super admin ${newcomer.username} is made, with the id ${id.toHexString()}.`);
    console.log("Sign in: POST /v1/admin-panel/login");
  } finally {
    await database.close();
  }
}

async function fromTerminal(): Promise<unknown> {
  const { ask, askSecret, close } = prompter({ input: process.stdin, output: process.stdout });
  try {
    const username = await ask("Username: ");
    const email = await ask("Email address: ");
    const name = await ask("Name: ");
    const password = await askSecret("Password, at least 15 characters: ");
    if ((await askSecret("The same again: ")) !== password) {
      throw new Error("The two passwords are not the same.");
    }
    return { username, email, name, password };
  } finally {
    close();
  }
}

async function fromInput(): Promise<unknown> {
  const given = (await text(process.stdin)).trim();
  if (given.startsWith("{")) {
    try {
      return JSON.parse(given);
    } catch {
      throw new Error("The input begins as JSON and is none.");
    }
  }
  const [username, email, name, password, token] = given.split(/\r?\n/);
  return { username, email, name, password, ...(token && { session_token: token }) };
}

function checked(given: unknown): z.output<typeof Given> {
  const parsed = Given.safeParse(given, { error: issueText });
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) =>
    issue.code === "unrecognized_keys"
      ? `  ${issue.keys.join(", ")}: not known here`
      : `  ${issue.path.join(".")}: ${issue.message}`,
  );
  const form = process.stdin.isTTY
    ? "No admin can be made of this:"
    : "Give username, email, name and password as four lines or one JSON object:";
  throw new Error([form, ...lines].join("\n"));
}

const makeAnother =
  "To make another one, run this with the session token of a super admin in ADMIN_SESSION_TOKEN.";

function messageOf(error: unknown): string {
  if (error instanceof Failure) {
    const fields = error.errors.map(({ path, message }) => `\n  ${path}: ${message}`);
    const next = error.code === "ADMIN_EXISTS" ? `\n${makeAnother}` : "";
    return `${error.message} (${error.code})${fields.join("")}${next}`;
  }
  return error instanceof Error ? error.message : String(error);
}

try {
  await main();
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
