import { isDeepStrictEqual } from "node:util";
import type { CollectionInfo, Db, IndexDescription, IndexDescriptionInfo } from "mongodb";
import type { CollectionSpec } from "./collection-spec.ts";
import { mongoSchema } from "./json-schema.ts";

/**
 * Brings validators and indexes to what is declared. Safe to run again, and beside another run.
 * Nothing is dropped but an index that changed: what is not declared is only named.
 * With `dry` nothing is changed, only told.
 * @returns one line for each change and for each index nobody declared; empty when all was as declared
 */
export async function migrate(
  db: Db,
  specs: readonly CollectionSpec[],
  { dry = false }: { dry?: boolean } = {},
): Promise<string[]> {
  const existing = await db.listCollections<CollectionInfo>({}, { nameOnly: false }).toArray();
  const lines: string[] = [];
  for (const spec of specs) {
    const found = existing.find(({ name }) => name === spec.name);
    lines.push(...(await migrateValidator(db, spec, { found, dry })));
    // A collection that is only to be made has no indexes that could be compared.
    if (found || !dry) lines.push(...(await migrateIndexes(db, spec, dry)));
  }
  return lines;
}

async function migrateValidator(
  db: Db,
  { name, schema }: CollectionSpec,
  { found, dry }: { found: CollectionInfo | undefined; dry: boolean },
): Promise<string[]> {
  const validator = { $jsonSchema: mongoSchema(schema) };
  if (!found) {
    if (!dry) await db.createCollection(name, { validator }).catch(ignoreNamespaceExists);
    return [`created collection ${name}`];
  }
  if (isDeepStrictEqual(found.options?.validator, validator)) return [];
  const mode = { validationLevel: "strict", validationAction: "error" };
  if (!dry) await db.command({ collMod: name, validator, ...mode });
  return [`${name}: validator updated`];
}

async function migrateIndexes(
  db: Db,
  { name, indexes }: CollectionSpec,
  dry: boolean,
): Promise<string[]> {
  const collection = db.collection(name);
  const present = await collection.listIndexes().toArray();
  const lines: string[] = [];
  for (const index of indexes) {
    const same = present.find((other) => other.name === index.name);
    if (same && isDeepStrictEqual(comparable(same), comparable(index))) continue;
    // Between drop and create a unique index guards nothing; a change of one deserves a new name.
    if (same && !dry) await collection.dropIndex(index.name);
    if (!dry) await collection.createIndexes([index]);
    lines.push(`${name}: index ${index.name} ${same ? "changed" : "created"}`);
  }
  const declared = new Set(["_id_", ...indexes.map((index) => index.name)]);
  for (const other of present) {
    if (!declared.has(other.name))
      lines.push(`${name}: index ${other.name} is declared nowhere; left as it is`);
  }
  return lines;
}

/** What makes an index another index; the server adds a version and leaves out what is false. */
function comparable(index: IndexDescription | IndexDescriptionInfo): unknown {
  const { key, unique, sparse, expireAfterSeconds, partialFilterExpression, collation } = index;
  return {
    key: Object.entries(key),
    unique: Boolean(unique),
    sparse: Boolean(sparse),
    expireAfterSeconds,
    partialFilterExpression,
    collation: collation && [collation.locale, collation.strength],
  };
}

/** Another run was first: that is what was wanted. */
function ignoreNamespaceExists(error: unknown): void {
  const namespaceExists = 48;
  if ((error as { code?: unknown }).code !== namespaceExists) throw error;
}
