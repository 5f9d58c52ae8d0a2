import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "@jest/globals";

const defaultSeconds = Number(
  /^ {2}timeout: (\d+)$/m.exec(readFileSync("serverless.yml", "utf8"))?.[1],
);

/** Functions whose code says how long they run, with that and what is declared, in seconds. */
const metered = readdirSync("functions", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith("functions.yml"))
  .flatMap((file) => readFileSync(`functions/${file}`, "utf8").split("\n\n"))
  .flatMap((declaration) => {
    const path = /^ {2}handler: (.+)\.handler$/m.exec(declaration)?.[1];
    const coded = /timeoutMs: ([\d_]+)/.exec(readFileSync(`${path}.ts`, "utf8"))?.[1];
    if (coded === undefined) return [];
    const declared = /^ {2}timeout: (\d+)$/m.exec(declaration)?.[1];
    const seconds = Number(coded.replaceAll("_", "")) / 1_000;
    return [{ path, coded: seconds, declared: Number(declared ?? defaultSeconds) }];
  });

it("a metered function says to the gate how long it may run: a hold must outlive it", () => {
  expect(metered.length).toBeGreaterThanOrEqual(4);
  expect(metered.filter(({ coded, declared }) => coded !== declared)).toEqual([]);
});
