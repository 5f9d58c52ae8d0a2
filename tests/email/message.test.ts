import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { message } from "../../lib/email/message.ts";
import {
  emailChangedMail,
  passwordChangedMail,
  passwordResetMail,
  verificationMail,
} from "../../lib/email/templates.ts";

const hour = 3_600_000;
const ada = { username: "ada" };

describe("a mail", () => {
  it("says the same in text and in HTML", () => {
    const { text, html } = message("Subject", ["One.", { code: "123456" }, { link: "https://x" }]);
    expect(text).toBe("One.\n\n    123456\n\n    https://x\n");
    expect(html).toContain("<p>One.</p>");
    expect(html).toMatch(/<p style="[^"]+">123456<\/p>/);
    expect(html).toContain('<a href="https://x">https://x</a>');
  });

  it("never lets a text become markup", () => {
    const paragraph = fc.string({ unit: fc.constantFrom(..."<>&\"'/a script=") });
    fc.assert(
      fc.property(paragraph, paragraph, paragraph, (words, code, link) => {
        const tags = (html: string) => html.match(/<[^>]*>/g)?.map((tag) => tag.split(/[\s>]/)[0]);
        const plain = message("s", ["x", { code: "x" }, { link: "x" }]);
        const { html } = message("s", [words, { code }, { link }]);
        expect(tags(html)).toEqual(tags(plain.html));
      }),
    );
  });

  it("keeps a text with markup in it as it is, escaped", () => {
    const words = `<img src=x onerror="alert('1')"> & co`;
    const { text, html } = message(words, [words]);
    expect(text).toBe(`${words}\n`);
    const escaped = "&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; co";
    expect(html).toContain(`<p>${escaped}</p>`);
    expect(html).toContain(`<title>${escaped}</title>`);
  });
});

describe("the mail", () => {
  it("with a code names it and how long it is good", () => {
    const { subject, text } = verificationMail(ada, { secret: "012345", lifetime: 24 * hour });
    expect(text).toContain("Hello ada,");
    expect(text).toContain("012345");
    expect(text).toContain("good for 24 hours");
    expect(subject).not.toContain("012345");
  });

  it.each<[string, number]>([
    ["1 hour", hour],
    ["30 minutes", hour / 2],
    ["1 minute", 60_000],
    ["90 minutes", 1.5 * hour],
  ])("writes %s as people do", (words, lifetime) => {
    expect(verificationMail(ada, { secret: "0", lifetime }).text).toContain(`good for ${words} `);
  });

  it("with a link has the token where no server sees it", () => {
    const code = { secret: "pep_token", lifetime: hour / 2 };
    const { text } = passwordResetMail(ada, { ...code, appUrl: "https://app.example" });
    expect(text).toContain("https://app.example/reset-password#token=pep_token");
  });

  it("without an address to link to has the token itself", () => {
    const { text } = passwordResetMail(ada, {
      secret: "pep_token",
      lifetime: 1,
      appUrl: undefined,
    });
    expect(text).toMatch(/^ {4}pep_token$/m);
    expect(text).not.toContain("http");
  });

  it.each([passwordChangedMail, emailChangedMail])(
    "that is a notice says whose account it is about",
    (mail) => {
      const { subject, text } = mail(ada);
      expect(text).toMatch(/^Hello ada,$/m);
      expect(subject).not.toBe("");
    },
  );
});
