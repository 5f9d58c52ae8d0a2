import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { readService } from "../../tools/local/gateway/service.ts";

const { functions } = await readService(process.cwd());

describe("the right to send mail", () => {
  it.each(Object.entries(functions))("of %s is as its code needs it", (_, definition) => {
    const { handler, role = "ApiRole" } = definition as { handler: string; role?: string };
    const source = readFileSync(handler.replace(/\.handler$/, ".ts"), "utf8");
    expect(role === "MailRole").toBe(/\bmailer\b/.test(source));
  });
});
