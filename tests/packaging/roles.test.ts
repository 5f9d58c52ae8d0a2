import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { readService } from "../../tools/local/gateway/service.ts";

const { functions } = await readService(process.cwd());

/** The parts of lib/runtime.ts that a function's source names. */
function partsOf(source: string): string[] {
  const [, names = ""] = /import \{([^}]*)\} from "[./]*\/lib\/runtime\.ts"/.exec(source) ?? [];
  return names.split(",").map((name) => name.trim());
}

/** The least role with which the parts work. */
function roleFor(parts: string[], isJob: boolean): string {
  const needs = (...names: string[]): boolean => names.some((name) => parts.includes(name));
  if (isJob) return needs("mailer") ? "MailJobRole" : "JobRole";
  if (needs("mailer")) return "MailRole";
  if (needs("checkProviders", "search", "upstream")) return "ModelRole";
  const isPublic = parts.every((part) => ["publicEndpoint", "textFile", "env"].includes(part));
  return isPublic ? "PublicRole" : "ApiRole";
}

describe("the role of a function allows what its code needs and no more", () => {
  it.each(Object.entries(functions))("%s", (_, definition) => {
    const { handler, role = "ApiRole" } = definition as { handler: string; role?: string };
    const source = readFileSync(handler.replace(/\.handler$/, ".ts"), "utf8");
    expect(role).toBe(roleFor(partsOf(source), handler.startsWith("functions/jobs/")));
  });
});
