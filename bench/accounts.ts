import { MongoClient } from "mongodb";
import { logIn } from "../lib/accounts/log-in.ts";
import { register } from "../lib/accounts/register.ts";
import { Registration } from "../lib/accounts/rules.ts";
import { accountStore } from "../lib/accounts/store.ts";
import { collections } from "../lib/collections.ts";
import { migrate } from "../lib/db/migrate.ts";
import { failures } from "../lib/errors.ts";
import { eventStore } from "../lib/security/event-store.ts";
import { passwordHasher } from "../lib/security/password.ts";
import { throttleStore } from "../lib/security/throttle/store.ts";
import { defaultSettings } from "../lib/settings/rules.ts";
import { type Ratio, type Section, shown } from "./figures.ts";
import { median, timed } from "./timing.ts";

const WARM_UP = 1_000;
const ROUNDS = 300;
const HASHES = 15;

const password = "correct horse battery";

/** Registration and login: the hash of the password, and apart from it everything else, in pings of the same run. */
export const benchAccounts = async (uri: string): Promise<Section> => {
  const client = await MongoClient.connect(uri, { maxPoolSize: 5 });
  const db = client.db(`bench_accounts_${process.pid}`);
  const database = { run: <Result>(work: (one: typeof db) => Promise<Result>) => work(db) };
  const hasher = passwordHasher();
  const hash = await hasher.hash(password, defaultSettings.passwords.argon2id);
  const deps = {
    accounts: accountStore(database),
    throttle: throttleStore(database),
    events: eventStore(database),
    passwords: { hash: async () => hash, verify: async () => true },
    settings: { current: async () => defaultSettings },
    addresses: { lets: async () => true },
    mailer: { sendOrQueue: async () => "off" as const },
    // It is read while the password is hashed, and takes no time beside it.
    clock: async () => new Date(),
  };
  const { registration } = defaultSettings;
  const generous = { ...defaultSettings, registration: { ...registration, credits: 100 } };
  const giving = { ...deps, settings: { current: async () => generous } };
  try {
    await migrate(db, collections);
    const times = {
      ping: [] as number[],
      register: [] as number[],
      withCredits: [] as number[],
      login: [] as number[],
    };
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      const username = `bench_${round}`;
      const place = `${Math.floor(round / 250)}.${round % 250}`;
      const request = () => requestFrom(`10.0.${place}`);
      const poor = { registration: registrationOf(username), request: request() };
      const rich = {
        registration: registrationOf(`rich_${round}`),
        request: requestFrom(`10.1.${place}`),
      };
      const measured = {
        ping: await timed(() => db.command({ ping: 1 })),
        register: await timed(() => register(deps, poor)),
        withCredits: await timed(() => register(giving, rich)),
        login: await timed(() => logIn(deps, { typed: username, password, request: request() })),
      };
      if (round < WARM_UP) continue;
      times.ping.push(measured.ping);
      times.register.push(measured.register);
      times.withCredits.push(measured.withCredits);
      times.login.push(measured.login);
    }
    const honest = { ...deps, passwords: hasher };
    const hashes: number[] = [];
    const refused = { unknown: [] as number[], wrong: [] as number[], inactive: [] as number[] };
    const refuse = (typed: string, guess: string, round: number) =>
      timedRefusal(() =>
        logIn(honest, { typed, password: guess, request: requestFrom(`10.9.${round}.1`) }),
      );
    await db
      .collection("accounts")
      .updateMany({ usernameKey: /^bench_1/ }, { $set: { status: "suspended" } });
    for (let round = 0; round < HASHES; round++) {
      hashes.push(await timed(() => hasher.hash(password, defaultSettings.passwords.argon2id)));
      refused.unknown.push(await refuse(`nobody_${round}`, password, round));
      refused.wrong.push(await refuse(`bench_2${10 + round}`, "wrong password", round));
      refused.inactive.push(await refuse(`bench_1${10 + round}`, password, round));
    }
    const inPings = (what: string, taken: readonly number[]): Ratio => ({
      what: `${what} without its hash against ping, time`,
      ours: median(taken),
      other: median(times.ping),
      unit: "ms",
      aim: { of: "ratio", most: 6 },
      shortfall:
        "Two round trips, but six to eight statements: where the database is on the same machine a ping costs less than one of them, so their number counts and not the way.",
    });
    return {
      title: "Registration and login",
      text: `The hash of a password takes ${shown(median(hashes))} ms (median of ${HASHES}); everything else of a registration and a login is measured without it (medians of ${ROUNDS}).`,
      ratios: [
        inPings("registration", times.register),
        inPings("registration with sign-up credits", times.withCredits),
        inPings("login", times.login),
      ],
      table: [
        ["refused login, hash included", "ms"],
        ...Object.entries(refused).map(([why, taken]) => [why, shown(median(taken))]),
      ],
    };
  } finally {
    await db.dropDatabase();
    await client.close();
  }
};

const registrationOf = (username: string) =>
  Registration.parse({
    username,
    name: "Ada Lovelace",
    email: `${username}@example.com`,
    password,
  });

const requestFrom = (ip: string) => ({ id: crypto.randomUUID(), ip, userAgent: "bench" });

/** Milliseconds until the credentials were refused. */
const timedRefusal = (work: () => Promise<unknown>): Promise<number> =>
  timed(() =>
    work().catch((error: Error) => {
      if (error.message !== failures.INVALID_CREDENTIALS.message) throw error;
    }),
  );
