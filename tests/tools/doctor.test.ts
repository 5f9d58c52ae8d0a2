import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Db } from "mongodb";
import { collections } from "../../lib/collections.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { checkDatabase } from "../../tools/doctor/database.ts";
import { lineOf } from "../../tools/doctor/finding.ts";
import { checkMail } from "../../tools/doctor/services.ts";
import { examine } from "../../tools/doctor.ts";
import { startUpstream } from "../../tools/local/upstream/server.ts";
import { testDatabase } from "../support/database.ts";
import { testSecret } from "../support/functions.ts";
import { awsEnvironment, sesServer } from "../support/ses.ts";

const { db, uri, name } = await testDatabase();
const upstream = await startUpstream({ apiKey: "sk-test" });
const ses = await sesServer();
afterAll(() => upstream.stop());

const whole = {
  MONGODB_URI: uri,
  MONGODB_DATABASE: name,
  TOKEN_SECRET: testSecret,
  MAIL_FROM: "no-reply@example.com",
  SES_ENDPOINT: ses.url,
  UPSTREAM_URL: `${upstream.url}/v1`,
  UPSTREAM_API_KEY: "sk-test",
};

/** What is found of one thing. */
const found = async (thing: string, changes: NodeJS.ProcessEnv = {}) =>
  (await examine({ ...whole, ...changes })).find((finding) => finding.name === thing);

describe("the doctor", () => {
  it("names what is missing in the database, and changes nothing", async () => {
    expect(await found("indexes and validators")).toMatchObject({
      state: "bad",
      says: expect.stringContaining("created collection accounts"),
      todo: "Run `npm run db:migrate`.",
    });
    expect(await db.listCollections().toArray()).toEqual([]);
  });

  it("finds nothing bad where all is as it should be", async () => {
    await migrate(db, collections);
    const findings = await examine(whole);
    expect(findings.map(({ state }) => state)).toEqual(findings.map(() => "good"));
    expect(findings.map((one) => one.name)).toEqual([
      "environment",
      "TOKEN_SECRET",
      "UPSTREAM_API_KEY",
      "database",
      "indexes and validators",
      "mail",
      "upstream environment",
    ]);
  });

  const nowhere = "http://127.0.0.1:1";
  it.each<[string, NodeJS.ProcessEnv, string, string]>([
    ["no database is named", { MONGODB_URI: "" }, "environment", "MONGODB_URI"],
    ["the secret is short", { TOKEN_SECRET: "short" }, "environment", "TOKEN_SECRET"],
    [
      "the database is away",
      { MONGODB_URI: "mongodb://127.0.0.1:1" },
      "database",
      "cannot be reached",
    ],
    ["the inbox is away", { SES_ENDPOINT: nowhere }, "mail", "does not answer"],
    ["no model is set up", { UPSTREAM_URL: "" }, "upstream", "no model"],
    ["the model is away", { UPSTREAM_URL: nowhere }, "upstream environment", "does not answer"],
    ["the model's key is wrong", { UPSTREAM_API_KEY: "sk-other" }, "upstream environment", "401"],
  ])("says what to do if %s", async (_, changes, thing, says) => {
    const finding = await found(thing, changes);
    expect(finding).toMatchObject({ state: "bad", says: expect.stringContaining(says) });
    expect(lineOf(finding ?? { name: "", state: "off", says: "" })).toMatch(/^BAD .+\n {6}→ ./s);
  });

  it("does not call mail that is off bad, nor a secret that only Lambda can read", async () => {
    expect(await found("mail", { MAIL_FROM: "" })).toMatchObject({ state: "off" });
    const elsewhere = { TOKEN_SECRET: "", TOKEN_SECRET_PARAMETER: "/promptenchanter/dev/secret" };
    expect(await found("TOKEN_SECRET", elsewhere)).toMatchObject({ state: "unseen" });
    const key = { UPSTREAM_API_KEY: "", UPSTREAM_API_KEY_PARAMETER: "/promptenchanter/dev/key" };
    expect(await found("upstream environment", key)).toMatchObject({ state: "unseen" });
  });

  it("prints no secret", async () => {
    const lines = (await examine({ ...whole, UPSTREAM_API_KEY: "sk-other" }))
      .map(lineOf)
      .join("\n");
    for (const secret of [testSecret, "sk-other"]) expect(lines).not.toContain(secret);
  });

  it.each([
    [{ version: "7.0.12", setName: "rs" }, "is version 7.0.12"],
    [{ version: "8.0.4" }, "is no replica set"],
  ])("refuses a server that is %j", async (server, says) => {
    const old = {
      command: async () => server,
      listCollections: () => db.listCollections(),
      collection: (one: string) => db.collection(one),
    } as unknown as Db;
    const findings = await checkDatabase({ run: (work) => work(old) });
    expect(findings).toContainEqual(expect.objectContaining({ state: "bad", says }));
  });
});

describe("mail by SES", () => {
  let status = "Success";
  const server = createServer((_, response) => {
    response.end(`<GetIdentityVerificationAttributesResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/">
      <GetIdentityVerificationAttributesResult><VerificationAttributes><entry><key>example.com</key>
      <value><VerificationStatus>${status}</VerificationStatus></value></entry></VerificationAttributes>
      </GetIdentityVerificationAttributesResult></GetIdentityVerificationAttributesResponse>`);
  });
  beforeAll(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    Object.assign(process.env, awsEnvironment, {
      AWS_ENDPOINT_URL_SES: `http://127.0.0.1:${port}`,
    });
  });
  afterAll(() => {
    server.close();
  });

  it.each([
    ["Success", "good", "example.com is verified with SES"],
    ["Pending", "bad", "neither no-reply@example.com nor example.com is verified with SES"],
  ])("whose domain is in the state %s is %s", async (now, state, says) => {
    status = now;
    const sender = { MAIL_FROM: "no-reply@example.com", SES_ENDPOINT: undefined };
    expect(await checkMail(sender)).toMatchObject({ state, says });
  });
});
