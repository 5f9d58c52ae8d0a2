import * as z from "zod";
import { parseKnown } from "../known-fields.ts";
import { overridden } from "./overrides.ts";
import { Settings } from "./rules.ts";
import type { StoredSettings } from "./store.ts";

type Tree = Record<string, unknown>;

/**
 * The settings that what is stored makes of what holds without it.
 * @throws Error naming the fields, if they are none
 */
export function effective(base: Tree, { value }: Pick<StoredSettings, "value">): Settings {
  try {
    return parseKnown(Settings, overridden(base, value));
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const problems = error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw new Error(`the settings are not usable: ${problems.join("; ")}`);
  }
}
