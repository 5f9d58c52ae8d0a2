import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { beforeEach, describe, expect, it, jest } from "@jest/globals";
import { collections } from "../../lib/collections.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { passwordHasher } from "../../lib/security/password.ts";
import { defaultSettings } from "../../lib/settings/rules.ts";
import { type StoredStaff, staffCollection } from "../../lib/staff/document.ts";
import { testDatabase } from "../support/database.ts";
import { adminWith, signedInStaff, superAdmin } from "../support/staff.ts";
import { somebody } from "../support/world.ts";

jest.setTimeout(60_000);

const { db, uri, name } = await testDatabase();
await migrate(db, collections);
const staff = db.collection<StoredStaff>(staffCollection.name);
beforeEach(async () => {
  await staff.deleteMany({});
});

const password = "a long way to Tipperary";
const grace = { username: "grace", email: "Grace@Example.com", name: "Grace Hopper", password };
const linesOf = ({ username, email, name: full, password: secret }: typeof grace): string =>
  [username, email, full, secret].join("\n");

/** The command as people run it, given `input`. */
async function create(input: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ["tools/admin-create.ts"], {
    env: { PATH: process.env.PATH, MONGODB_URI: uri, MONGODB_DATABASE: name, ...env },
  });
  child.stdin.end(input);
  const [out, errors] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { code: child.exitCode, out, errors };
}

describe("npm run admin:create", () => {
  it.each([
    ["lines", linesOf(grace)],
    ["lines of another system", `${linesOf(grace).replaceAll("\n", "\r\n")}\r\n`],
    ["JSON", JSON.stringify(grace)],
  ])(
    "makes the first admin from %s: a super admin, recorded as made by nobody",
    async (_, input) => {
      const { code, out, errors } = await create(input);
      expect({ code, errors }).toEqual({ code: 0, errors: "" });
      expect(out).toContain("grace");
      const made = await staff.findOne({ usernameKey: "grace" });
      expect(made).toMatchObject({ role: superAdmin, isFirst: true, email: "grace@example.com" });
      const fits = await passwordHasher().verify(
        password,
        made?.passwordHash,
        defaultSettings.passwords.argon2id,
      );
      expect(fits).toBe(true);
      expect(await db.collection("securityEvents").findOne({ subject: made?._id })).toMatchObject({
        type: "admin_created",
        actor: { kind: "service" },
      });
      expect(out).not.toContain(password);
    },
  );

  it("makes one of two first admins who are made at once", async () => {
    const other = { ...grace, username: "ada", email: "ada@example.com" };
    const answers = await Promise.all([create(linesOf(grace)), create(linesOf(other))]);
    expect(answers.map(({ code }) => code).sort()).toEqual([0, 1]);
    expect(await staff.countDocuments({})).toBe(1);
  });

  it("refuses a second one without a super admin's session, disabled ones count too", async () => {
    await signedInStaff(db, adminWith(), { status: "disabled" });
    const { code, errors } = await create(linesOf(grace));
    expect(code).toBe(1);
    expect(errors).toContain("ADMIN_EXISTS");
    expect(errors).toContain("the session token of a super admin in ADMIN_SESSION_TOKEN");
    expect(await staff.countDocuments({})).toBe(1);
  });

  it("makes another one for the session of a super admin, from environment or input, who is its maker", async () => {
    const { token, id } = await signedInStaff(db, superAdmin);
    expect((await create(linesOf(grace), { ADMIN_SESSION_TOKEN: token })).code).toBe(0);
    const ada = { ...grace, username: "ada", email: "ada@example.com" };
    expect((await create(JSON.stringify({ ...ada, session_token: token }))).code).toBe(0);
    const joan = { ...grace, username: "joan", email: "joan@example.com" };
    expect((await create(`${linesOf(joan)}\n${token}\n`)).code).toBe(0);
    expect(await staff.countDocuments({ createdBy: id, role: superAdmin })).toBe(3);
  });

  it("refuses the session of another admin, of a user, of who must do something first, and none", async () => {
    const admin = await signedInStaff(db, adminWith("support_management"));
    const owing = await signedInStaff(db, superAdmin, { passwordIsTemporary: true });
    const user = await somebody(db);
    for (const token of [admin.token, owing.token, user.token, "pas_x"]) {
      const { code, errors } = await create(linesOf(grace), { ADMIN_SESSION_TOKEN: token });
      expect(code).toBe(1);
      expect(errors).toMatch(/SESSION_INVALID|PERMISSION_REQUIRED/);
      expect(errors).not.toContain(token);
    }
    expect(await staff.findOne({ usernameKey: "grace" })).toBeNull();
  });

  it.each<[string, string, string]>([
    ["a short password", linesOf({ ...grace, password: "too short" }), "at least 15 characters"],
    ["no password", "grace\ngrace@example.com\nGrace Hopper", "password: is missing"],
    [
      "an address that is none",
      linesOf({ ...grace, email: "grace" }),
      "email: must be an email address",
    ],
    ["half of a JSON object", '{"username":', "JSON"],
    ["a field it does not know", JSON.stringify({ ...grace, level: 9 }), "level: not known here"],
    ["nothing", "", "Give username, email, name and password as four lines or one JSON object"],
  ])("refuses %s, and says why", async (_, input, why) => {
    const { code, errors } = await create(input);
    expect(code).toBe(1);
    expect(errors).toContain(why);
    expect(await staff.countDocuments({})).toBe(0);
  });

  it("asks for the database's address, also where a parameter names it, which only functions read", async () => {
    for (const MONGODB_URI_PARAMETER of ["", "/promptenchanter/dev/core/mongodb-uri"]) {
      const { code, errors } = await create(linesOf(grace), {
        MONGODB_URI: "",
        MONGODB_URI_PARAMETER,
      });
      expect(code).toBe(1);
      expect(errors).toContain("MONGODB_URI: is missing");
      expect(errors).not.toContain("PARAMETER");
    }
  });
});
