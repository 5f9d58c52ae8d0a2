import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { openDatabase } from "../../lib/db/connection.ts";
import { settingsCollection } from "../../lib/settings/document.ts";
import { post } from "./post.ts";

/** Somebody to try the service as. */
export interface DemoUser {
  email: string;
  password: string;
  apiKey: string;
}

/** Everybody on this machine has the same address, so what one address may do is not limited as it is outside. */
const localSettings = {
  registration: { acceptedPerDay: 10_000, refusedPerHour: 10_000 },
  login: { address: { failures: 1_000 } },
};

/** Stores the local settings, unless settings are stored already. */
export async function seedSettings(uri: string, name: string): Promise<void> {
  const database = openDatabase({ uri: () => uri, name });
  try {
    await database.run((db) =>
      db
        .collection<{ _id: string }>(settingsCollection.name)
        .updateOne(
          { _id: "service" },
          { $setOnInsert: { version: 1, value: localSettings, updatedAt: new Date() } },
          { upsert: true },
        ),
    );
  } finally {
    await database.close();
  }
}

/**
 * The demo user, signed up through the API at the first start. Password and key stand in the file
 * `kept`, because the key is shown once; where they no longer fit, another demo user is made.
 */
export async function demoUser(apiUrl: string, kept: string): Promise<DemoUser> {
  if (existsSync(kept)) {
    const { email, password, apiKey }: DemoUser = JSON.parse(await readFile(kept, "utf8"));
    const response = await post(`${apiUrl}/v1/users/login`, { email, password });
    if (response.ok) return { email, password, apiKey };
  }
  const user = await signUp(apiUrl, "demo");
  await writeFile(kept, JSON.stringify(user), { mode: 0o600 });
  return user;
}

async function signUp(apiUrl: string, username: string): Promise<DemoUser> {
  const email = `${username}@promptenchanter.example`;
  const password = randomBytes(12).toString("base64url");
  const body = { username, email, password, name: "Demo User" };
  const response = await post(`${apiUrl}/v1/users/register`, body);
  if (response.status === 409) return signUp(apiUrl, `demo-${randomBytes(3).toString("hex")}`);
  const answer = await response.text();
  if (!response.ok)
    throw new Error(`the demo user can't be signed up: ${response.status} ${answer}`);
  const { api_key: apiKey }: { api_key: string } = JSON.parse(answer);
  return { email, password, apiKey };
}
