import type { BSONRegExp } from "bson";
import { fail } from "../errors.ts";

const known = /^[imsxu]*$/;
const cache = new Map<string, RegExp>();

/**
 * MongoDB's regular expressions (PCRE) as JavaScript's: options i, m, s, x, u; a leading `(?i)`; \A, \z,
 * \Z, and `$` also before a last line break. Throws `Location51091` for a pattern JavaScript can't run
 * and `Location51108` for unknown options.
 */
export function compileRegex(pattern: string, options = "", flags = ""): RegExp {
  if (!known.test(options)) fail(51108, `invalid flag in regex options: ${options}`);
  const key = `${flags}/${options}/${pattern}`;
  const cached = cache.get(key);
  if (cached) return cached;
  const regex = build(pattern, options, flags);
  if (cache.size > 1000) cache.clear();
  cache.set(key, regex);
  return regex;
}

export const regexOf = (value: BSONRegExp): RegExp => compileRegex(value.pattern, value.options);

function build(pattern: string, options: string, flags: string): RegExp {
  const inline = /^\(\?([imsx]+)\)/.exec(pattern);
  const all = new Set(options + (inline?.[1] ?? ""));
  const source = translate(pattern.slice(inline?.[0].length ?? 0), all.has("x"), all.has("m"));
  const wanted = flags + [...all].filter((flag) => "ims".includes(flag)).join("");
  for (const unicode of ["u", ""]) {
    try {
      return new RegExp(source, wanted + unicode);
    } catch {
      // The stricter Unicode mode refuses escapes that PCRE takes literally.
    }
  }
  return fail(51091, `Regular expression is invalid: ${pattern}`);
}

const anchors: Record<string, string> = {
  "\\A": "(?<![\\s\\S])",
  "\\z": "(?![\\s\\S])",
  "\\Z": "(?=\\n?(?![\\s\\S]))",
  "\\h": "[ \\t]",
};

const token = /\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|\s+|#.*|[\s\S]/g;

function translate(pattern: string, extended: boolean, multiline: boolean): string {
  return pattern.replace(token, (part) => {
    if (part in anchors) return anchors[part] ?? part;
    if (part === "$" && !multiline) return "(?=\\n?(?![\\s\\S]))";
    if (part.startsWith("[") && part.includes("[:")) {
      fail(51091, `POSIX character classes are not supported: ${pattern}`);
    }
    if (extended && /^(\s+|#.*)$/.test(part)) return "";
    return part;
  });
}
