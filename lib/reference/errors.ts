import { failures } from "../errors.ts";
import { escapeHtml } from "../html.ts";

/** Text with `code` in it, as HTML. */
const html = (text: string): string => escapeHtml(text).replace(/`([^`]*)`/g, "<code>$1</code>");

const section = (code: string): string => {
  const { status, message, retry, help } = failures[code as keyof typeof failures];
  const again = retry === "later" ? "yes, later" : "not as it is";
  return `    <h2 id="${code.toLowerCase()}">${code}</h2>
    <p>Status ${status}. Ask again: ${again}.</p>
    <blockquote>${html(message)}</blockquote>
    <p>${html(help)}</p>`;
};

/** The page at /docs/errors, where `type` of a problem leads: a heading for each code, under the code's name in small letters. */
export const errorsPage = (): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Errors of the PromptEnchanter API</title>
    <link rel="icon" href="data:,">
  </head>
  <body>
    <h1>Errors</h1>
    <p>What each <code>code</code> of a failure means, and what to do. The endpoints that answer with it are in <a href="../docs">the reference</a>.</p>
${Object.keys(failures).map(section).join("\n")}
  </body>
</html>
`;
