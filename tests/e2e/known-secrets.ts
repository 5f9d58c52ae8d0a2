import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect } from "@jest/globals";

/**
 * Every secret that a test file sends to its local stacks or gets from them, and the search for them
 * in all that the stacks have logged, after the file's last test. Imported by local-stack.ts, so that
 * no test through `npm start` can do without.
 */

const secrets = new Set<string>();
const folders = new Set<string>();

const secretFields =
  /^(api_key|apiKey|password|current_password|new_password|session_token|refresh_token|token|secret|totp_secret|recovery_codes)$/;

/** Notes the values of fields that are named like secrets; those of six digits stand anywhere by chance. */
function note(value: unknown, name = ""): void {
  if (typeof value === "string" && secretFields.test(name)) {
    // What a test makes up to be refused may be as short as it likes.
    if (value.length > 8 && !value.includes("…") && !value.includes("*")) secrets.add(value);
  } else if (Array.isArray(value)) {
    for (const one of value) note(one, name);
  } else if (typeof value === "object" && value !== null) {
    for (const [field, inner] of Object.entries(value)) note(inner, field);
  }
}

function noteJson(text: string): void {
  try {
    note(JSON.parse(text));
  } catch {
    // A stream or a page holds none.
  }
}

const { fetch } = globalThis;

globalThis.fetch = async (...args) => {
  const request = new Request(...args);
  const [, token] = /^Bearer (\S+)$/.exec(request.headers.get("authorization") ?? "") ?? [];
  if (token !== undefined && /^p[a-z]{0,2}_\w{40,}/.test(token)) secrets.add(token);
  noteJson(await request.clone().text());
  const response = await fetch(request);
  if (response.headers.get("content-type")?.includes("json")) {
    noteJson(await response.clone().text());
  }
  return response;
};

/** Has the logs of a stack searched, and for what it was seeded with too. */
export function watchLogs(data: string, seeded: object): void {
  folders.add(join(data, "logs"));
  note(seeded);
  const file = join(data, "token-secret");
  if (existsSync(file)) secrets.add(readFileSync(file, "utf8").trim());
}

afterAll(() => {
  for (const folder of folders) {
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder)) {
      const lines = readFileSync(join(folder, name), "utf8").split("\n");
      const found = lines.filter((line) => [...secrets].some((secret) => line.includes(secret)));
      expect(found).toEqual([]);
    }
  }
});
