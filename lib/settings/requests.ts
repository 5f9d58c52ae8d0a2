import * as z from "zod";
import { Style } from "../chat/styles.ts";
import { Settings } from "./rules.ts";
import { fromWire, wireSchema } from "./wire.ts";

const wire = wireSchema(Settings) as z.ZodObject<Record<string, z.ZodType>>;

/** PUT /v1/admin/settings: each section that is named takes the place of the one there is, whole; the others stay. */
export const SettingsChanges = wire
  .partial()
  .refine((sections) => Object.values(sections).some((section) => section !== undefined), {
    error: "must name at least one section",
  });

/** The sections that a change names, as the settings have them. */
export const sectionsOf = (body: z.output<typeof SettingsChanges>): Record<string, unknown> =>
  fromWire(Settings, body) as Record<string, unknown>;

/** GET and PUT /v1/admin/settings */
export const SettingsView = z.object({
  success: z.literal(true),
  /** Grows by one with each change; the ETag has it too. */
  version: z.int(),
  updated_at: z.iso.datetime().nullable(),
  /** Id of the member of staff who changed them last. */
  updated_by: z.string().nullable(),
  settings: wire,
});
export type SettingsView = z.output<typeof SettingsView>;

/** GET /v1/admin/system-prompts */
export const PromptList = z.object({
  success: z.literal(true),
  message: z.string(),
  data: z.object({
    prompts: z.record(Style, z.string()),
    r_types: z.array(Style),
    /** Of all settings; the ETag has it too. */
    version: z.int(),
  }),
});

/** PUT /v1/admin/system-prompts */
export const PromptChange = z.object({
  r_type: Style,
  prompt: Settings.shape.prompts.shape.bpe,
});
export const PromptChanged = z.object({
  success: z.literal(true),
  message: z.string(),
  data: z.object({ r_type: Style, version: z.int() }),
});
