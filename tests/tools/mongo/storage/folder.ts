import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll } from "@jest/globals";

/** Makes fresh folders for journals; all go when the file's tests are done. */
export function journalFolders(): () => string {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "journal-"));
  let made = 0;
  afterAll(() => fs.rmSync(root, { recursive: true, force: true }));
  return () => {
    made += 1;
    const folder = path.join(root, String(made));
    fs.mkdirSync(folder);
    return folder;
  };
}
