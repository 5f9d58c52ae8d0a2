import { beforeEach, describe, expect, it } from "@jest/globals";
import { collections } from "../../lib/collections.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { signedIn } from "../support/accounts.ts";
import { ask } from "../support/ask.ts";
import { testDatabase } from "../support/database.ts";
import { loadFunction } from "../support/functions.ts";
import { someAddress, someRegistration } from "../support/people.ts";
import { listenedLog } from "../support/secrets.ts";
import { awsEnvironment, sesAnswers, sesServer } from "../support/ses.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, collections);
const outbox = db.collection("emailOutbox");
const ses = await sesServer();
const log = listenedLog();

const env = {
  ...awsEnvironment,
  ...log.env,
  MONGODB_URI: uri,
  MONGODB_DATABASE: name,
  MAIL_FROM: "no-reply@example.com",
  SES_ENDPOINT: ses.url,
  EMAIL_VERIFICATION_ENABLED: "true",
  APP_URL: "https://app.example",
};
const register = await loadFunction("users/register", env);
const login = await loadFunction("users/login", env);
const resend = await loadFunction("email/resend", env);
const verify = await loadFunction("email/verify", env);
const requestReset = await loadFunction("users/password-reset/request", env);
const confirmReset = await loadFunction("users/password-reset/confirm", env);
const sendOutbox = (await loadFunction("jobs/send-outbox", env)) as unknown as () => Promise<
  Record<string, number>
>;

const newPassword = "correct horse battery staple";

/** The code or the token of a mail. */
const secretIn = ({ text }: { text: string }): string =>
  /^ {4}(\d{6})$|#token=(pep_\w+)/m.exec(text)?.slice(1).find(Boolean) ?? "";

const secretTo = (address: string): string => {
  const [mail, ...more] = ses.mailsTo(address);
  expect(more).toEqual([]);
  return mail ? secretIn(mail) : "";
};

/** Nothing that was in a mail, whether it was accepted or not, stands in the log or the outbox. */
async function expectNoSecret(): Promise<void> {
  log.expectNoSecret();
  const rows = JSON.stringify(await outbox.find().toArray());
  const texts = [...log.lines, rows].join("\n");
  for (const secret of ses.seen.map(secretIn).filter(Boolean)) {
    // Six digits stand by chance within longer numbers.
    expect(texts).not.toMatch(new RegExp(`\\b${secret}\\b`));
  }
}

/** Whoever waits for a mail that is asked for, with what they can do with it. */
interface Waiting {
  address: string;
  /** Milliseconds until the answer. */
  took: number;
  /** Whether the answer says that the mail was sent; undefined if it does not tell. */
  sent: boolean | undefined;
  /** The status of what the mail is for. */
  use: (secret: string) => Promise<number>;
}

const timed = async <Answer>(work: () => Promise<Answer>): Promise<[Answer, number]> => {
  const startedAt = performance.now();
  const answer = await work();
  return [answer, performance.now() - startedAt];
};

async function registered(): Promise<Waiting> {
  const registration = someRegistration();
  const ip = someAddress();
  const [{ status, body }, took] = await timed(() => ask(register, { body: registration, ip }));
  expect(status).toBe(201);
  log.keepSecret(registration.password, body.api_key);
  const { username, password } = registration;
  return {
    address: registration.email.toLowerCase(),
    took,
    sent: body.verification_mail === "sent",
    use: async (secret) => {
      const { body: loggedIn } = await ask(login, { body: { email: username, password }, ip });
      const { session_token: token, refresh_token: refreshToken } = loggedIn.session;
      log.keepSecret(token, refreshToken);
      const proof = { token, body: { otp_code: secret } };
      return (await ask(verify, proof)).status;
    },
  };
}

async function resent(): Promise<Waiting> {
  const { account, tokens } = await signedIn(db, { verified: false });
  const token = tokens.session_token;
  log.keepSecret(token);
  const [{ status, body }, took] = await timed(() => ask(resend, { token, body: {} }));
  expect(status).toBe(200);
  return {
    address: account.email,
    took,
    sent: body.expires_at !== null,
    use: async (secret) => (await ask(verify, { token, body: { otp_code: secret } })).status,
  };
}

async function reset(): Promise<Waiting> {
  const { account } = await signedIn(db);
  const body = { email: account.email };
  const [{ status }, took] = await timed(() => ask(requestReset, { body, ip: someAddress() }));
  expect(status).toBe(200);
  return {
    address: account.email,
    took,
    sent: undefined,
    use: async (token) => {
      log.keepSecret(newPassword);
      return (await ask(confirmReset, { body: { token, new_password: newPassword } })).status;
    },
  };
}

/** Everybody who waits, at once. */
const everybody = () => Promise.all([registered(), resent(), reset()]);

/** A mail may take 2 s; a reset answers after 2.5 s whatever happens; the rest is hashing and the database. */
const bound = 4_500;

beforeEach(async () => {
  await outbox.deleteMany({});
  ses.mails.length = 0;
});

describe("with a mail service that", () => {
  it.each<[string, Parameters<typeof ses.answer>[0]]>([
    ["hangs", sesAnswers.hang],
    ["cuts the connection", sesAnswers.drop],
    ["cuts its answer", sesAnswers.cut],
    ["never comes to the end of its answer", sesAnswers.drip],
    ["answers 200 with a page", sesAnswers.say(200, "<html><body>Welcome<br></body>")],
    ["answers 500 with a page", sesAnswers.say(500, "<html>oops")],
    ["answers 500 with bytes", sesAnswers.say(500, "\u0000\u0001\ufffd")],
  ])(
    "%s every answer comes in time, and each mail is sent once, later, with a code that holds",
    async (_, fault) => {
      ses.answer(fault);
      const waiting = await everybody();
      expect(Math.max(...waiting.map(({ took }) => took))).toBeLessThan(bound);
      expect(waiting.map(({ sent }) => sent)).toEqual([false, false, undefined]);
      expect(ses.mails).toEqual([]);
      const rows = await outbox.find().toArray();
      expect(rows.map(({ purpose }) => purpose).sort()).toEqual([
        "passwordReset",
        "verification",
        "verification",
      ]);
      await expectNoSecret();

      ses.answer(sesAnswers.accept);
      const [one, other] = await Promise.all([sendOutbox(), sendOutbox()]);
      expect((one.sent ?? 0) + (other.sent ?? 0)).toBe(3);
      expect(await outbox.countDocuments()).toBe(0);
      const uses = waiting.map(({ address, use }) => use(secretTo(address)));
      expect(await Promise.all(uses)).toEqual([200, 200, 200]);
      await expectNoSecret();
    },
  );

  it("is slow, every mail is sent with its request", async () => {
    ses.answer((response) => {
      setTimeout(() => sesAnswers.accept(response), 1_000);
    });
    const waiting = await everybody();
    expect(Math.max(...waiting.map(({ took }) => took))).toBeLessThan(bound);
    expect(waiting.map(({ sent }) => sent)).toEqual([true, true, undefined]);
    expect(await outbox.countDocuments()).toBe(0);
    const uses = waiting.map(({ address, use }) => {
      const mail = ses.seen.find(({ to }) => to === address);
      return use(mail ? secretIn(mail) : "");
    });
    expect(await Promise.all(uses)).toEqual([200, 200, 200]);
    await expectNoSecret();
  });
});
