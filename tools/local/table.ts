import type { DemoUser } from "./seed.ts";
import type { Stack } from "./stack.ts";

const question = "Why is the sky blue?";

/** Streamed so slowly, by the stand-in for the models, that one sees the pieces come. */
const slowQuestion = `${question} [[pace 200]]`;

const logIn = (url: string, credentials: object): string =>
  `  curl ${url}/login -H 'Content-Type: application/json' -d '${JSON.stringify(credentials)}'`;

const ask = (apiUrl: string, key: string, chat: { content: string; stream: boolean }): string => {
  const { content, stream } = chat;
  const body = JSON.stringify({
    model: "pe-low",
    stream,
    messages: [{ role: "user", content }],
  });
  return `  curl -N ${apiUrl}/v1/chat/completions -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' -d '${body}'`;
};

const logInOf = ({ email, password }: DemoUser) => ({ email, password });

/** What a developer wants to know once the stack runs: addresses, and lines to paste. */
export function describeStack({
  apiUrl,
  mailboxUrl,
  upstreamUrl,
  modelsUrl,
  mongodbUri,
  database,
  logPath,
  reloads,
  demoUser,
  admin,
}: Stack): string {
  const isStandIn = modelsUrl === `${upstreamUrl}/v1`;
  const content = isStandIn ? slowQuestion : question;
  const rows = [
    ["API", apiUrl],
    ["Reference", `${apiUrl}/docs`],
    ["Mailbox", `${mailboxUrl}  (as JSON: ${mailboxUrl}/store)`],
    [
      "Upstream",
      isStandIn
        ? `${modelsUrl}  (a stand-in; what it was asked: ${upstreamUrl}/requests)`
        : modelsUrl,
    ],
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
    ...(demoUser
      ? [
          logIn(`${apiUrl}/v1/users`, logInOf(demoUser)),
          ...[false, true].map((stream) => ask(apiUrl, demoUser.apiKey, { content, stream })),
        ]
      : []),
    ...(admin ? [logIn(`${apiUrl}/v1/admin-panel`, admin)] : []),
    "",
    reloads
      ? "Edits of functions/, lib/ and serverless.yml take effect by themselves. Ctrl-C ends it all."
      : "This system can't watch files: restart after edits. Ctrl-C ends it all.",
    "",
  ].join("\n");
}
