import { randomBytes, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { type Database, openDatabase } from "../../lib/db/connection.ts";
import { passwordHasher } from "../../lib/security/password.ts";
import { settingsReader } from "../../lib/settings/reader.ts";
import { settingsStore } from "../../lib/settings/store.ts";
import { createStaff } from "../../lib/staff/create-staff.ts";
import { type StoredStaff, staffCollection } from "../../lib/staff/document.ts";
import { staffStore } from "../../lib/staff/store.ts";
import { post } from "./post.ts";

/** The super admin of the local stack. */
export interface LocalAdmin {
  username: string;
  password: string;
}

interface Place {
  apiUrl: string;
  mongodbUri: string;
  database: string;
  /** The file that name and password are kept in. */
  kept: string;
}

/**
 * The super admin, made at the first start. Name and password stand in a file; where they no longer
 * fit, another one is made beside those there are.
 */
export async function localAdmin({
  apiUrl,
  mongodbUri,
  database,
  kept,
}: Place): Promise<LocalAdmin> {
  if (existsSync(kept)) {
    const { username, password }: LocalAdmin = JSON.parse(await readFile(kept, "utf8"));
    if (await opens(apiUrl, { username, password })) return { username, password };
  }
  const opened = openDatabase({ uri: () => mongodbUri, name: database });
  try {
    const admin = await make(opened);
    await writeFile(kept, JSON.stringify(admin), { mode: 0o600 });
    return admin;
  } finally {
    await opened.close();
  }
}

/** Whether they are those of the admin, who may be locked just now or have a second factor. */
async function opens(apiUrl: string, admin: LocalAdmin): Promise<boolean> {
  const response = await post(`${apiUrl}/v1/admin-panel/login`, admin);
  if (response.ok || response.status === 423) return true;
  const { code } = (await response.json()) as { code?: string };
  return code === "TOTP_REQUIRED";
}

async function make(database: Database): Promise<LocalAdmin> {
  const creator = await database.run((db) =>
    db.collection<StoredStaff>(staffCollection.name).findOne({ "role.isSuperAdmin": true }),
  );
  const username = creator ? `admin-${randomBytes(3).toString("hex")}` : "admin";
  const password = randomBytes(15).toString("base64url");
  await createStaff(
    {
      members: staffStore(database),
      passwords: passwordHasher(),
      settings: settingsReader({ store: settingsStore(database), environment: {} }),
    },
    {
      newcomer: {
        username,
        password,
        name: "Local Admin",
        email: `${username}@promptenchanter.example`,
      },
      role: { kind: "admin", isSuperAdmin: true, permissions: [] },
      creator: creator ?? undefined,
      now: new Date(),
      request: { id: randomUUID(), ip: "127.0.0.1", userAgent: "npm start" },
    },
  );
  return { username, password };
}
