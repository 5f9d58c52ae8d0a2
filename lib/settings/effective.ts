import { overridden } from "./overrides.ts";
import { Settings } from "./rules.ts";
import type { StoredSettings } from "./store.ts";

type Tree = Record<string, unknown>;

/** The settings that what is stored makes of what holds without it. @throws Error if they are none */
export const effective = (base: Tree, { value }: Pick<StoredSettings, "value">): Settings =>
  Settings.parse(overridden(base, value));
