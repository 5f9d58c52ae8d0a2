import * as z from "zod";

/**
 * Styles of system prompts. They stand apart from the rules of chat so that functions that need no
 * more of these don't make their schemas at each cold start.
 */
export const promptStyles = ["bpe", "bcot", "hcot", "react", "tot"] as const;

export const Style = z.enum(promptStyles);
