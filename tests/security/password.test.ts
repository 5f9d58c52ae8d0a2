import { describe, expect, it } from "@jest/globals";
import { passwordProblems } from "../../lib/accounts/password-rules.ts";
import { isOutdated, passwordHasher } from "../../lib/security/password.ts";
import { defaultSettings } from "../../lib/settings/rules.ts";

const cost = defaultSettings.passwords.argon2id;
const hasher = passwordHasher();

/** Made by the reference implementation: argon2id, v 19, 32-byte hash, salt "somesalt12345678". */
const golden =
  "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQxMjM0NTY3OA$DEwLbbIZGUtgBuB4gYok6r6hNvevYZoxkwMQ5/LXSaU";

describe("password hashes", () => {
  it("are argon2id in the PHC string format, at OWASP's cost, salted", async () => {
    const [one, other] = await Promise.all([
      hasher.hash("correct horse", cost),
      hasher.hash("correct horse", cost),
    ]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(one).not.toBe(other);
  });

  it("are those of the reference implementation", async () => {
    expect(await hasher.verify("password", golden, cost)).toBe(true);
  });

  it("fit their password exactly as it was typed, in either form of Unicode", async () => {
    const stored = await hasher.hash(" Größe ", cost);
    expect(await hasher.verify(" Gro\u0308ße ".normalize("NFD"), stored, cost)).toBe(true);
    expect(await hasher.verify("Größe", stored, cost)).toBe(false);
    expect(await hasher.verify(" größe ", stored, cost)).toBe(false);
  });

  it.each([undefined, "", "$2b$12$abcdefghijklmnopqrstuv", golden.replace("argon2id", "argon2i")])(
    "fit nothing where there is none (%s)",
    async (stored) => {
      expect(await hasher.verify("password", stored, cost)).toBe(false);
    },
  );

  it("are outdated when the cost has changed", async () => {
    const stored = await hasher.hash("correct horse", cost);
    expect(isOutdated(stored, cost)).toBe(false);
    expect(isOutdated(stored, { ...cost, passes: 3 })).toBe(true);
    expect(isOutdated("something else", cost)).toBe(true);
    expect(await hasher.verify("correct horse", stored, { ...cost, passes: 3 })).toBe(true);
  });

  it("of 50 sign-ins at once take the memory of few", async () => {
    const before = process.memoryUsage.rss();
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage.rss());
    }, 5);
    await Promise.all(Array.from({ length: 50 }, () => hasher.verify("guess", undefined, cost)));
    clearInterval(watch);
    expect(most - before).toBeLessThan(200 * 1024 * 1024);
  });
});

describe("the rules of passwords", () => {
  const owner = { username: "ada_lovelace", email: "countess@example.com" };
  const problems = (password: string) => passwordProblems("password", password, owner, 8);

  it.each([
    ["7 letters", "abcdefg", 1],
    ["7 characters of two code units each", "😀😁😂😃😄😅😆", 1],
    ["a common one", "password1", 1],
    ["a common one in other case", "PassWord1", 1],
    ["the username in it", "xADA_Lovelace9!", 1],
    ["the mail name in it", "my-Countess-9", 1],
    ["more than 128", `ab${"c".repeat(127)}`, 1],
    ["several at once", "ada_lovelacecountess", 2],
  ])("refuse %s", (_, password, count) => {
    expect(problems(password)).toHaveLength(count);
    expect(problems(password)[0]).toMatchObject({ path: "password" });
  });

  it.each(["correct horse battery", "aaaa bbbb", "жёлтая лошадь", "x".repeat(128)])(
    "ask for no kinds of characters: %s",
    (password) => {
      expect(problems(password)).toEqual([]);
    },
  );

  it("let names of two letters stand in a password", () => {
    expect(passwordProblems("p", "all about it", { username: "ab", email: "a@b.co" }, 8)).toEqual(
      [],
    );
  });
});
