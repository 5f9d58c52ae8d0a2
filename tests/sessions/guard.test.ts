import { afterAll, describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import * as z from "zod";
import { accountsCollection, type StoredAccount } from "../../lib/accounts/document.ts";
import { clientOptions, openDatabase } from "../../lib/db/connection.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { Failure } from "../../lib/errors.ts";
import { sessionGuard } from "../../lib/http/guards/session.ts";
import { makeToken } from "../../lib/security/token.ts";
import { sessionStore } from "../../lib/sessions/store.ts";
import { defaultSettings } from "../../lib/settings/rules.ts";
import { signedIn } from "../support/accounts.ts";
import { openToAll } from "../support/addresses.ts";
import { apiEvent, lambdaContext } from "../support/api-event.ts";
import { testDatabase } from "../support/database.ts";
import { testBuilder } from "../support/endpoint.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, [accountsCollection]);
const accounts = db.collection<StoredAccount>(accountsCollection.name);
const database = openDatabase({ uri: () => uri, name });
afterAll(() => database.close());

const { endpoint, lines } = testBuilder();
const settings = { current: async () => defaultSettings };
const session = sessionGuard({
  sessions: sessionStore(database),
  settings,
  addresses: openToAll,
});
const whoami = endpoint({
  guard: session(),
  reply: z.object({ username: z.string(), session: z.string(), now: z.iso.datetime() }),
  run: ({ account, session, now }) => ({
    username: account.username,
    session: session.id.toHexString(),
    now: now.toISOString(),
  }),
});

const ask = async (authorization?: string) => {
  const headers = authorization === undefined ? {} : { Authorization: authorization };
  return whoami(apiEvent({ headers }), lambdaContext());
};
const stored = (id: ObjectId) => accounts.findOne({ _id: id });
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

describe("the session guard", () => {
  it("lets a session in, and says whose it is", async () => {
    const { account, session, tokens } = await signedIn(db);
    const answer = await ask(`Bearer ${tokens.session_token}`);
    expect(answer.statusCode).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({
      username: account.username,
      session: session.id.toHexString(),
    });
  });

  it.each<[string, (token: string) => string | undefined, string]>([
    ["no header", () => undefined, "AUTHENTICATION_REQUIRED"],
    ["an empty header", () => "", "AUTHENTICATION_REQUIRED"],
    ["another scheme", (token) => `Basic ${token}`, "AUTHENTICATION_REQUIRED"],
    ["a scheme without a token", () => "Bearer ", "AUTHENTICATION_REQUIRED"],
    ["two tokens", (token) => `Bearer ${token} ${token}`, "AUTHENTICATION_REQUIRED"],
    ["a mistyped token", (token) => `Bearer ${token.slice(0, -1)}!`, "SESSION_INVALID"],
    ["an operator", () => 'Bearer {"$gt":""}', "SESSION_INVALID"],
    ["a token of the former API", () => `Bearer ${"a".repeat(86)}`, "SESSION_INVALID"],
  ])("401: refuses %s", async (_, header, code) => {
    const { tokens } = await signedIn(db);
    const answer = await ask(header(tokens.session_token));
    expect(answer.statusCode).toBe(401);
    expect(answer.headers?.["WWW-Authenticate"]).toBe("Bearer");
    expect(JSON.parse(answer.body)).toMatchObject({ code, success: false });
  });

  it("401: refuses a token that was made by somebody else for the same session", async () => {
    const { account, session } = await signedIn(db);
    const ids = { accountId: account._id.toHexString(), id: session.id.toHexString() };
    const answer = await ask(`Bearer ${makeToken("session", ids).text}`);
    expect(answer.statusCode).toBe(401);
  });

  it("401: refuses the refresh token and an API key in place of the session token", async () => {
    const { account, session, tokens } = await signedIn(db);
    const ids = { accountId: account._id.toHexString(), id: session.id.toHexString() };
    expect((await ask(`Bearer ${tokens.refresh_token}`)).statusCode).toBe(401);
    expect((await ask(`Bearer ${makeToken("key", ids).text}`)).statusCode).toBe(401);
  });

  it("401: refuses a session that has expired by the database's clock", async () => {
    const { account, tokens } = await signedIn(db);
    await accounts.updateOne(
      { _id: account._id },
      { $set: { "sessions.0.expiresAt": minutesAgo(0) } },
    );
    expect((await ask(`Bearer ${tokens.session_token}`)).statusCode).toBe(401);
  });

  it("401: one session's hash with another's expiry opens nothing", async () => {
    const first = await signedIn(db);
    const expired = { ...first.session, expiresAt: minutesAgo(1) };
    const other = { ...first.session, id: new ObjectId(), hash: "0".repeat(64) };
    await accounts.updateOne({ _id: first.account._id }, { $set: { sessions: [expired, other] } });
    expect((await ask(`Bearer ${first.tokens.session_token}`)).statusCode).toBe(401);
  });

  it.each(["suspended", "deleting"] as const)(
    "401: refuses an account that is %s",
    async (status) => {
      const { tokens } = await signedIn(db, { status });
      expect((await ask(`Bearer ${tokens.session_token}`)).statusCode).toBe(401);
    },
  );

  it("503: lets nobody in while the database is away", async () => {
    const away = openDatabase({
      uri: () => "mongodb://127.0.0.1:1",
      name,
      options: { ...clientOptions, serverSelectionTimeoutMS: 100 },
    });
    const { tokens } = await signedIn(db);
    const guarded = endpoint({
      guard: sessionGuard({ sessions: sessionStore(away), settings, addresses: openToAll })(),
      reply: z.object({}),
      run: () => ({}),
    });
    const headers = { Authorization: `Bearer ${tokens.session_token}` };
    expect((await guarded(apiEvent({ headers }), lambdaContext())).statusCode).toBe(503);
    await away.close();
  });

  it("writes a use down when the last one is more than a minute old, and nothing otherwise", async () => {
    const { account, session, tokens } = await signedIn(db, { lastActivityAt: new Date() });
    const before = await stored(account._id);
    await ask(`Bearer ${tokens.session_token}`);
    expect(await stored(account._id)).toEqual(before);

    const old = { ...session, lastUsedAt: minutesAgo(2) };
    const other = { ...old, id: new ObjectId() };
    await accounts.updateOne(
      { _id: account._id },
      { $set: { sessions: [other, old], lastActivityAt: minutesAgo(2) } },
    );
    await ask(`Bearer ${tokens.session_token}`);
    const after = await stored(account._id);
    expect(after?.sessions).toEqual([other, { ...old, lastUsedAt: expect.any(Date) }]);
    expect(after?.sessions[1]?.lastUsedAt.getTime()).toBeGreaterThan(minutesAgo(1).getTime());
    expect(after?.lastActivityAt?.getTime()).toBeGreaterThan(minutesAgo(1).getTime());
  });

  it("writes the first activity of an account down", async () => {
    const { account, tokens } = await signedIn(db);
    await ask(`Bearer ${tokens.session_token}`);
    expect((await stored(account._id))?.lastActivityAt).toEqual(expect.any(Date));
  });

  it("reads the reply to a retried write, which is the whole document without the time", async () => {
    const { account, session } = await signedIn(db, { lastActivityAt: new Date() });
    const newer = { ...account, keptByANewerVersion: true };
    const reply = { ...newer, sessions: [{ ...session, alsoKept: true }] };
    const store = sessionStore({ run: async <Result>() => reply as Result });
    const token = { accountId: account._id.toHexString(), id: session.id.toHexString() };
    const opened = await store.open({ ...token, hash: session.hash });
    const { holds: _, postings: __, ...seen } = account;
    expect(opened).toEqual({ account: seen, session, now: session.lastUsedAt });
  });

  it("403: gives the place of a proof back to whom an address rule keeps out", async () => {
    const { account, tokens } = await signedIn(db, { lastActivityAt: new Date() });
    let places = 0;
    const guard = sessionGuard({
      sessions: sessionStore(database),
      settings,
      addresses: {
        require: async () => {
          places = (await stored(account._id))?.proof?.open.length ?? 0;
          throw new Failure("ADDRESS_NOT_ALLOWED");
        },
      },
    });
    const guarded = endpoint({
      guard: guard({ proves: true }),
      reply: z.object({}),
      run: () => ({}),
    });
    const headers = { Authorization: `Bearer ${tokens.session_token}` };
    expect((await guarded(apiEvent({ headers }), lambdaContext())).statusCode).toBe(403);
    expect(places).toBe(1);
    expect(await stored(account._id)).toEqual(account);
  });

  it("never logs a token", async () => {
    const { tokens } = await signedIn(db);
    await ask(`Bearer ${tokens.session_token}`);
    await ask(`Bearer ${tokens.refresh_token}`);
    const secret = /pe[sr]_[0-9A-Za-z]/;
    expect(JSON.stringify(lines)).not.toMatch(secret);
  });
});
