import { escapeHtml } from "../html.ts";

/** A mail without its address. */
export interface Message {
  subject: string;
  text: string;
  html: string;
}

/** A paragraph, or something in it that must be found at a glance: a code, or a link. */
export type Paragraph = string | { code: string } | { link: string };

/** One text in both forms that mail programs show. Whatever stands in a paragraph is text, never markup. */
export function message(subject: string, paragraphs: readonly Paragraph[]): Message {
  return {
    subject,
    text: `${paragraphs.map(asText).join("\n\n")}\n`,
    html: `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>
<body style="font-family: sans-serif; line-height: 1.5; max-width: 36em">
${paragraphs.map(asHtml).join("\n")}
</body>
</html>
`,
  };
}

function asText(paragraph: Paragraph): string {
  if (typeof paragraph === "string") return paragraph;
  return `    ${"code" in paragraph ? paragraph.code : paragraph.link}`;
}

function asHtml(paragraph: Paragraph): string {
  if (typeof paragraph === "string") return `<p>${escapeHtml(paragraph)}</p>`;
  if ("link" in paragraph) {
    const link = escapeHtml(paragraph.link);
    return `<p><a href="${link}">${link}</a></p>`;
  }
  const style = "font: bold 1.4em monospace; overflow-wrap: anywhere";
  return `<p style="${style}">${escapeHtml(paragraph.code)}</p>`;
}
