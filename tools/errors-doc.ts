import { writeFile } from "node:fs/promises";
import { failures } from "../lib/errors.ts";

const intro = `# Errors

Every failure is answered as problem details (RFC 9457, \`application/problem+json\`) with a \`code\` of this page,
the \`request_id\` that our logs know it by, and \`errors[]\` with a path and a message for each field that is wrong.
Under \`/v1/chat\`, \`/v1/prompt\`, \`/v1/batch\` and \`/v1/models\` it stands in OpenAI's shape,
\`{ "error": { "message", "type", "code", "param" } }\`, where \`VALIDATION_FAILED\` is 400 and a few codes are
OpenAI's own, as their sections say.

What API Gateway refuses or fails itself has the same form, with API Gateway's own name of it as \`code\`
(\`THROTTLED\`, \`INTEGRATION_TIMEOUT\`, …) where none of these fits.

This page is generated from lib/errors.ts: \`npm run docs:errors\`.
`;

/** docs/errors.md: one heading, and so one anchor, for each code. */
export function errorsDocument(): string {
  const sections = Object.entries(failures).map(([code, { status, message, retry, help }]) => {
    const again = retry === "later" ? "yes, later" : "not as it is";
    return `## ${code}\n\nStatus ${status}. Ask again: ${again}.\n\n> ${message}\n\n${help}\n`;
  });
  return [intro, ...sections].join("\n");
}

if (import.meta.main)
  await writeFile(new URL("../docs/errors.md", import.meta.url), errorsDocument());
