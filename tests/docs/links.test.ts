import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "@jest/globals";

const pages = globSync(["*.md", "docs/**/*.md"]);

/** The anchor that GitHub gives a heading. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

const anchorsOf = (page: string): string[] =>
  [...readFileSync(page, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    anchorOf(heading),
  );

const linksOf = (page: string): string[] =>
  [...readFileSync(page, "utf8").matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !/^[a-z]+:/.test(link));

/** Where a link of a page leads; "" if there is something. */
function deadEnd(page: string, link: string): string {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : join(dirname(page), path);
  if (!existsSync(target)) return `${link}: no such file`;
  if (anchor !== undefined && target.endsWith(".md") && !anchorsOf(target).includes(anchor)) {
    return `${link}: no such heading`;
  }
  return "";
}

describe("links between the pages of the documentation", () => {
  it.each(pages)("of %s lead somewhere", (page) => {
    expect(
      linksOf(page)
        .map((link) => deadEnd(page, link))
        .filter(Boolean),
    ).toEqual([]);
  });
});
