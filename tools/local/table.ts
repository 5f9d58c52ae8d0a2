import type { Stack } from "./stack.ts";

/** What a developer wants to know once the stack runs: addresses, and lines to paste. */
export function describeStack({
  apiUrl,
  mailboxUrl,
  upstreamUrl,
  mongodbUri,
  database,
  logPath,
  reloads,
}: Stack): string {
  const rows = [
    ["API", apiUrl],
    ["Mailbox", `${mailboxUrl}  (as JSON: ${mailboxUrl}/store)`],
    ["Upstream", `${upstreamUrl}/v1  (what it was asked: ${upstreamUrl}/requests)`],
    ["Database", `${mongodbUri}  (${database})`],
    ["Logs", logPath],
  ];
  const table = rows.map(([name = "", value]) => `  ${name.padEnd(10)}${value}`);
  return [
    "",
    ...table,
    "",
    "Try:",
    `  curl ${apiUrl}/health`,
    `  curl ${apiUrl}/v1/monitoring/health`,
    `  curl ${upstreamUrl}/v1/models -H 'Authorization: Bearer sk-local'`,
    "",
    reloads
      ? "Edits of functions/, lib/ and serverless.yml take effect by themselves. Ctrl-C ends it all."
      : "This system can't watch files: restart after edits. Ctrl-C ends it all.",
    "",
  ].join("\n");
}
