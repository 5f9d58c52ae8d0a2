import { levelsIn, mostLevels } from "../json-levels.ts";

/** The value of a text of a provider's. @throws Error without any of the text, which may hold what somebody said, or a key */
export function readJson(text: string): unknown {
  if (levelsIn(text) > mostLevels) {
    throw new Error(`the answer is nested more than ${mostLevels} levels deep`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("the answer is not JSON");
  }
}
