import { pathToFileURL } from "node:url";
import { expect } from "expect";
import { ModuleMocker } from "jest-mock";

/**
 * What the tests of pure rules use of `@jest/globals`, so that one process can run them again and
 * again without loading anything anew. What they don't use is absent: a test that needs it fails.
 */

interface Collected {
  file: string;
  name: string;
  run: () => unknown;
}

export const collected: Collected[] = [];

const names: string[] = [];
let file = "";

/** Collects the tests of a file. @throws what the file throws when it is loaded */
export async function collect(path: string): Promise<void> {
  file = path;
  await import(pathToFileURL(path).href);
}

export const describe = (name: string, body: () => void): void => {
  names.push(name);
  body();
  names.pop();
};

const add = (name: string, run: () => unknown): void => {
  collected.push({ file, name: [...names, name].join(" › "), run });
};

const each =
  (rows: readonly unknown[]) =>
  (name: string, run: (...row: unknown[]) => unknown): void => {
    rows.forEach((row, index) => {
      const values = Array.isArray(row) ? row : [row];
      add(`${name} (${index + 1})`, () => run(...values));
    });
  };

export const it = Object.assign(add, { each });

const mocker = new ModuleMocker(globalThis);
export const jest = { spyOn: mocker.spyOn.bind(mocker) };

export { expect };
