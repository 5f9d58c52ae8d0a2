import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as z from "zod";

/** The composition root reads the environment, and exports no schema. */
const without = ["runtime.ts"];

/**
 * Gives each schema that a file of lib/ exports the name it is exported by, so that the document has
 * it once, under that name.
 * @throws Error if two files export different schemas by one name
 */
export async function nameSchemas(directory: string): Promise<void> {
  const lib = join(directory, "lib");
  const files = readdirSync(lib, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !without.includes(file))
    .sort();
  const named = new Map<string, z.ZodType>();
  for (const file of files) {
    const exported: Record<string, unknown> = await import(pathToFileURL(join(lib, file)).href);
    for (const [name, value] of Object.entries(exported)) {
      if (!isNamed(name, value)) continue;
      const other = named.get(name);
      if (other && other !== value) {
        throw new Error(`lib/${file} exports another schema named ${name}: give one another name.`);
      }
      named.set(name, value);
      z.globalRegistry.add(value, { ...z.globalRegistry.get(value), id: name });
    }
  }
}

/** Objects, lists of choices and the like; a capital tells them from mere parts. */
const isNamed = (name: string, value: unknown): value is z.ZodType =>
  /^[A-Z]/.test(name) && value instanceof z.ZodType;
