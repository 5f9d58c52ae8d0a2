import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, jest } from "@jest/globals";
import { EJSON } from "bson";
import { MongoClient } from "mongodb";
import { useStack } from "./use-stack.ts";

jest.setTimeout(120_000);

const { data, stack, ask: askAny } = useStack({ EMAIL_VERIFICATION_ENABLED: "true" });

/** Everything that only its owner may ever see in clear. */
const secrets = new Set<string>();
const secret = (text: string): string => {
  secrets.add(text);
  return text;
};

/** Of an answer, what the steps after it need. */
interface Answer {
  email: string;
  api_key: string;
  key: { id: string };
  keys: object[];
  session: { session_token: string; refresh_token: string };
  sessions: { id: string; ip_address: string }[];
}

async function ask(...asked: Parameters<typeof askAny>) {
  const { status, body } = await askAny(...asked);
  return { status, body: body as Answer };
}

interface Mail {
  subject: string;
  destination: { to: string[] };
  body: { text: string };
}

/** What the newest mail to an address with that subject holds on a line of its own, indented. */
async function mailed(address: string, subject: RegExp): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    const response = await fetch(`${stack().mailboxUrl}/store`);
    const { emails } = (await response.json()) as { emails: Mail[] };
    const fitting = emails.filter(
      (mail) => mail.destination.to.includes(address) && subject.test(mail.subject),
    );
    const text = fitting.at(-1)?.body.text;
    if (text !== undefined) return /^ {4}(\S+)$/m.exec(text)?.[1] ?? "";
    await sleep(100);
  }
  throw new Error(`no mail about ${subject} came to ${address}`);
}

const ada = { username: "ada", email: "Ada@Example.com", newEmail: "countess@example.com" };
let password = secret("a poetical science");
let token = "";
let refreshToken = "";

async function signIn(email: string) {
  const answer = await ask("POST", "/users/login", { body: { email, password } });
  if (answer.status === 200) {
    token = secret(answer.body.session.session_token);
    refreshToken = secret(answer.body.session.refresh_token);
  }
  return answer;
}

describe("the life of an account", () => {
  it("begins with a registration, whose name and address nobody else can take", async () => {
    const body = { username: ada.username, name: "Ada", email: ada.email, password };
    const made = await ask("POST", "/users/register", { body });
    expect(made).toMatchObject({
      status: 201,
      body: { username: "ada", verification_required: true, verification_mail: "sent" },
    });
    secret(made.body.api_key);
    const again = await ask("POST", "/users/register", { body: { ...body, username: "ADA" } });
    expect(again).toMatchObject({
      status: 409,
      body: { errors: [{ path: "username" }, { path: "email" }] },
    });
  });

  it("signs in, and shows its profile", async () => {
    expect(await signIn(ada.email)).toMatchObject({ status: 200, body: { user: { name: "Ada" } } });
    expect(await ask("GET", "/users/profile", { token })).toMatchObject({
      status: 200,
      body: { username: "ada", email: "ada@example.com", is_verified: false },
    });
  });

  it("gets no key before its address is verified by the code that was mailed", async () => {
    expect((await ask("GET", "/users/api-key", { token })).status).toBe(403);
    const otp_code = secret(await mailed("ada@example.com", /confirm/i));
    expect(otp_code).toMatch(/^\d{6}$/);
    const wrong = { otp_code: otp_code === "000000" ? "000001" : "000000" };
    expect((await ask("POST", "/email/verify", { token, body: wrong })).status).toBe(400);
    expect((await ask("POST", "/email/verify", { token, body: { otp_code } })).status).toBe(200);
    expect(await ask("GET", "/email/status", { token })).toMatchObject({
      body: { is_verified: true },
    });
    expect((await ask("GET", "/users/api-key", { token })).status).toBe(200);
  });

  it("changes its profile", async () => {
    const body = { about_me: "mathematics\nand machines" };
    expect((await ask("PUT", "/users/profile", { token, body })).status).toBe(200);
    expect((await ask("GET", "/users/profile", { token })).body).toMatchObject(body);
  });

  it("makes, changes, rotates and revokes keys", async () => {
    const made = await ask("POST", "/users/keys", { token, body: { name: "ci" } });
    expect(made.status).toBe(201);
    secret(made.body.api_key);
    const path = `/users/keys/${made.body.key.id}`;
    const body = { name: "build", allowed_addresses: ["127.0.0.1"], credit_limit: 5 };
    expect((await ask("PUT", path, { token, body })).body.key).toMatchObject(body);
    const rotated = await ask("POST", `${path}/rotate`, { token, body: { overlap_seconds: 60 } });
    expect(secret(rotated.body.api_key)).not.toBe(made.body.api_key);
    expect((await ask("GET", "/users/keys", { token })).body.keys).toMatchObject([
      { name: "First key" },
      { name: "build", previous_valid_until: expect.any(String) },
    ]);
    expect((await ask("DELETE", path, { token })).status).toBe(200);
    expect((await ask("GET", "/users/keys", { token })).body.keys).toHaveLength(1);
    const regenerated = await ask("POST", "/users/api-key/regenerate", { token });
    expect(secret(regenerated.body.api_key)).toMatch(/^pe_/);
  });

  it("sees where it is signed in, and ends a session it does not know", async () => {
    const first = token;
    await signIn("ada");
    const { body } = await ask("GET", "/users/sessions", { token });
    expect(body.sessions).toMatchObject([{ current: true }, { current: false }]);
    const [here, there] = body.sessions;
    expect(here?.ip_address).toBe("127.0.0.1");
    expect((await ask("DELETE", `/users/sessions/${there?.id}`, { token })).status).toBe(200);
    expect((await ask("GET", "/users/profile", { token: first })).status).toBe(401);
  });

  it("stays signed in by its refresh token", async () => {
    const first = token;
    const body = { refresh_token: refreshToken };
    const { session } = (await ask("POST", "/users/refresh", { body })).body;
    token = secret(session.session_token);
    refreshToken = secret(session.refresh_token);
    expect((await ask("GET", "/users/profile", { token })).status).toBe(200);
    expect((await ask("GET", "/users/profile", { token: first })).status).toBe(401);
  });

  it("takes another password, which ends other sessions", async () => {
    const here = token;
    await signIn(ada.email);
    const [there, old] = [token, password];
    password = secret("the analytical engine");
    const body = { current_password: old, new_password: password };
    expect((await ask("PUT", "/users/password", { token: here, body })).status).toBe(200);
    expect((await ask("GET", "/users/profile", { token: there })).status).toBe(401);
    expect((await ask("GET", "/users/profile", { token: here })).status).toBe(200);
    const login = { email: ada.email, password: old };
    expect((await ask("POST", "/users/login", { body: login })).status).toBe(401);
    expect((await signIn(ada.email)).status).toBe(200);
  });

  it("moves to another address, once that is verified, and the old one is told", async () => {
    const body = { new_email: ada.newEmail, current_password: password };
    expect((await ask("PUT", "/users/email", { token, body })).status).toBe(200);
    await mailed("ada@example.com", /being changed/i);
    const otp_code = secret(await mailed(ada.newEmail, /confirm/i));
    expect((await ask("GET", "/users/profile", { token })).body.email).toBe("ada@example.com");
    expect((await ask("POST", "/email/verify", { token, body: { otp_code } })).status).toBe(200);
    expect((await ask("GET", "/users/profile", { token })).body.email).toBe(ada.newEmail);
    expect((await signIn(ada.newEmail)).status).toBe(200);
  });

  it("gets a new password by a link, which ends every session", async () => {
    const asked = { email: ada.newEmail };
    expect((await ask("POST", "/users/password-reset", { body: asked })).status).toBe(200);
    const link = secret(await mailed(ada.newEmail, /new password/i));
    password = secret("notes by the translator");
    const body = { token: link, new_password: password };
    expect((await ask("POST", "/users/password-reset/confirm", { body })).status).toBe(200);
    expect((await ask("POST", "/users/password-reset/confirm", { body })).status).toBe(400);
    expect((await ask("GET", "/users/profile", { token })).status).toBe(401);
    expect((await signIn(ada.newEmail)).status).toBe(200);
  });

  it("takes its data away, without what opens it", async () => {
    const { status, body } = await ask("GET", "/users/account/export", { token });
    expect(status).toBe(200);
    const text = JSON.stringify(body);
    expect(text).toContain("mathematics");
    expect(text).not.toMatch(/argon2|[0-9a-f]{64}/);
  });

  it("signs out", async () => {
    expect((await ask("POST", "/users/logout", { token })).status).toBe(200);
    expect((await ask("GET", "/users/profile", { token })).status).toBe(401);
    const body = { refresh_token: refreshToken };
    expect((await ask("POST", "/users/refresh", { body })).status).toBe(401);
  });

  it("ends with its deletion, at once", async () => {
    await signIn(ada.newEmail);
    const wrong = { password: "not this one", reason: "" };
    expect((await ask("DELETE", "/users/account", { token, body: wrong })).status).toBe(401);
    const body = { password, reason: "enough" };
    expect((await ask("DELETE", "/users/account", { token, body })).status).toBe(200);
    expect((await ask("GET", "/users/profile", { token })).status).toBe(401);
    expect((await signIn(ada.newEmail)).status).toBe(401);
  });

  it("leaves a record of what happened, and no secret in the database or the log", async () => {
    const client = await new MongoClient(stack().mongodbUri).connect();
    const db = client.db("promptenchanter");
    const collections = await db.collections();
    const stored = await Promise.all(collections.map((one) => one.find().toArray()));
    const types = await db.collection("securityEvents").distinct("type");
    await client.close();
    expect(types).toEqual(
      expect.arrayContaining([
        "account_deleted",
        "account_exported",
        "api_key_created",
        "api_key_regenerated",
        "api_key_revoked",
        "email_changed",
        "email_verified",
        "login_failed",
        "login_successful",
        "password_changed",
        "password_reset",
        "session_revoked",
        "user_registered",
      ]),
    );
    const text = EJSON.stringify(stored);
    const log = readFileSync(join(data, "logs", "functions.log"), "utf8");
    expect(log).toContain("/v1/users/account");
    for (const one of secrets) {
      // Six digits may stand anywhere by chance.
      if (one.length === 6) continue;
      expect(text).not.toContain(one);
      expect(log).not.toContain(one);
      expect(stack().output()).not.toContain(one);
    }
  });
});
