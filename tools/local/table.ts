import type { DemoUser } from "./seed.ts";
import type { Stack } from "./stack.ts";

const chat = JSON.stringify({
  model: "gpt-4o-mini",
  stream: true,
  messages: [{ role: "user", content: "Hello there [[pace 200]]" }],
});

const logIn = (url: string, credentials: object): string =>
  `  curl ${url}/login -H 'Content-Type: application/json' -d '${JSON.stringify(credentials)}'`;

const logInOf = ({ email, password }: DemoUser) => ({ email, password });

/** What a developer wants to know once the stack runs: addresses, and lines to paste. */
export function describeStack({
  apiUrl,
  mailboxUrl,
  upstreamUrl,
  upstreamKey,
  mongodbUri,
  database,
  logPath,
  reloads,
  demoUser,
  admin,
}: Stack): string {
  const authorization = `-H 'Authorization: Bearer ${upstreamKey}'`;
  const rows = [
    ["API", apiUrl],
    ["Mailbox", `${mailboxUrl}  (as JSON: ${mailboxUrl}/store)`],
    ["Upstream", `${upstreamUrl}/v1  (what it was asked: ${upstreamUrl}/requests)`],
    ["Database", `${mongodbUri}  (${database})`],
    ["Logs", logPath],
    ...(demoUser
      ? [
          ["Demo user", `${demoUser.email}  password ${demoUser.password}`],
          ["", `API key ${demoUser.apiKey}`],
        ]
      : []),
    ...(admin ? [["Admin", `${admin.username}  password ${admin.password}`]] : []),
  ];
  const table = rows.map(([name = "", value]) => `  ${name.padEnd(10)}${value}`);
  return [
    "",
    ...table,
    "",
    "Try:",
    `  curl ${apiUrl}/health`,
    `  curl ${apiUrl}/v1/monitoring/health`,
    ...(demoUser ? [logIn(`${apiUrl}/v1/users`, logInOf(demoUser))] : []),
    ...(admin ? [logIn(`${apiUrl}/v1/admin-panel`, admin)] : []),
    `  curl ${upstreamUrl}/v1/models ${authorization}`,
    `  curl -N ${upstreamUrl}/v1/chat/completions ${authorization} -d '${chat}'`,
    "",
    reloads
      ? "Edits of functions/, lib/ and serverless.yml take effect by themselves. Ctrl-C ends it all."
      : "This system can't watch files: restart after edits. Ctrl-C ends it all.",
    "",
  ].join("\n");
}
