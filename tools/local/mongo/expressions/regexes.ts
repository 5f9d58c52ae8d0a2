import { BSONRegExp, Int32 } from "bson";
import { fail } from "../errors.ts";
import type { Doc } from "../values/codec.ts";
import { isNullish, kindOf } from "../values/kinds.ts";
import { compileRegex } from "../values/regex.ts";
import { type Named, named, type Operators } from "./operator.ts";

type Search = { input: string; regex: RegExp };

/** The parsed arguments, or undefined if input or regex is null. */
function search(name: string, { input, regex, options }: Named): Search | undefined {
  if (!isNullish(input) && typeof input !== "string") {
    fail(51104, `${name} needs 'input' to be of type string, not ${kindOf(input)}`);
  }
  if (!isNullish(regex) && typeof regex !== "string" && !(regex instanceof BSONRegExp)) {
    fail(51105, `${name} needs 'regex' to be of type string or regex`);
  }
  if (!isNullish(options) && typeof options !== "string") {
    fail(51106, `${name} needs 'options' to be of type string`);
  }
  if (typeof input !== "string" || isNullish(regex)) return undefined;
  const given = typeof options === "string" ? options : "";
  if (typeof regex === "string") return { input, regex: compileRegex(regex, given, "g") };
  if (regex.options && given)
    fail(51107, `${name}: found regex options specified in both 'regex' and 'options' fields`);
  return { input, regex: compileRegex(regex.pattern, regex.options || given, "g") };
}

const describeMatch = (match: RegExpExecArray): Doc => ({
  match: match[0],
  idx: new Int32([...match.input.slice(0, match.index)].length),
  captures: match.slice(1).map((capture) => capture ?? null),
});

const required = ["input", "regex"];

/** `$regexMatch`, `$regexFind` and `$regexFindAll`; `idx` counts code points. */
export const regexOperators: Operators = {
  $regexMatch: named(required, ["options"], (args) => {
    const found = search("$regexMatch", args);
    return found !== undefined && found.input.search(found.regex) >= 0;
  }),
  $regexFind: named(required, ["options"], (args) => {
    const found = search("$regexFind", args);
    const [first] = found ? found.input.matchAll(found.regex) : [];
    return first ? describeMatch(first) : null;
  }),
  $regexFindAll: named(required, ["options"], (args) => {
    const found = search("$regexFindAll", args);
    return found ? [...found.input.matchAll(found.regex)].map(describeMatch) : [];
  }),
};
