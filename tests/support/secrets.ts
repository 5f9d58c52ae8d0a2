import { inspect } from "node:util";
import { afterAll, expect } from "@jest/globals";
import { testSecret } from "./functions.ts";

/** Fails if one of the secrets stands in what was logged: lines, or what is inspected to become them. */
export function expectNoSecrets(logged: readonly unknown[], secrets: Iterable<string>): void {
  // A search in nothing, or for nothing, proves nothing.
  expect(logged.length).toBeGreaterThan(0);
  // A token without its prefix is worth as much.
  const wanted = [...secrets].map((secret) => secret.replace(/^p[a-z]{0,2}_/, ""));
  expect(wanted.filter((secret) => secret.length > 5)).not.toEqual([]);
  const texts = logged.map((line) =>
    typeof line === "string" ? line : inspect(line, { depth: null, breakLength: Infinity }),
  );
  expect(texts.filter((text) => wanted.some((secret) => text.includes(secret)))).toEqual([]);
}

/**
 * Everything that this process logs from now on, and the search for secrets in it; the tests' own
 * secret is one. Functions have to be loaded with `env`, or they log nothing. To be called at the top
 * of a test file.
 */
export function listenedLog() {
  const lines: string[] = [];
  let searched = 0;
  const secrets = new Set([testSecret]);
  const restore = [process.stdout, process.stderr].map((stream) => {
    const { write } = stream;
    stream.write = ((...args: Parameters<typeof write>) => {
      const [text] = args;
      // What Jest writes is not for us.
      if (!String(text).startsWith("{")) return write.apply(stream, args);
      lines.push(String(text));
      return true;
    }) as typeof write;
    return () => {
      stream.write = write;
    };
  });
  afterAll(() => {
    for (const one of restore) one();
  });
  return {
    env: { LOG_LEVEL: "DEBUG" },
    lines: lines as readonly string[],
    /** Notes secrets that must not be logged. */
    keepSecret: (...some: string[]): void => {
      for (const one of some) secrets.add(one);
    },
    /** Searches what was logged since the last search, so that one leak fails one test. */
    expectNoSecret: (): void => {
      const fresh = lines.slice(searched);
      searched = lines.length;
      // Tests that run side by side search each other's lines.
      expect(searched).toBeGreaterThan(0);
      if (fresh.length > 0) expectNoSecrets(fresh, secrets);
    },
  };
}
