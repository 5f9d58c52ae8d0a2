import { globSync, readFileSync } from "node:fs";
import { expect, it } from "@jest/globals";

it("no two functions have one name: the later would take the other's place without a word", () => {
  const names = globSync("functions/**/functions.yml").flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/^([\w-]+):/gm)].map(([, name]) => name),
  );
  expect(names.length).toBeGreaterThan(90);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
