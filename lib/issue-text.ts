import type * as z from "zod";

/** What a value must be, by zod's word for its type. */
const kinds: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  date: "a date",
};

const formats: Readonly<Record<string, string>> = {
  email: "an email address",
  url: "a URL",
  uuid: "a UUID",
  datetime: "a time such as 2026-11-23T09:30:00Z",
  date: "a date such as 2026-11-23",
};

const parts: Readonly<Record<string, string>> = { string: "character", array: "item" };

/** `some` with the parts of a text or a list, or a bare number. */
const bound = (some: string, { origin, limit }: Sized): string => {
  const part = parts[origin];
  if (part === undefined) return `must be ${some} ${limit}`;
  return `must have ${some} ${limit} ${part}${Number(limit) === 1 ? "" : "s"}`;
};

interface Sized {
  origin: string;
  limit: number | bigint;
}

/**
 * What is wrong with a value in words for whoever sent it, as an `error` of zod's parse; a schema's
 * own words stand above it.
 * @returns undefined to leave it to zod
 */
export function issueText(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type": {
      if (issue.input === undefined) return "is missing";
      const kind = kinds[issue.expected];
      return kind && `must be ${kind}`;
    }
    case "too_small": {
      const { origin, minimum: limit, inclusive } = issue;
      if (parts[origin] && Number(limit) === 1) return "must not be empty";
      return bound(inclusive === false ? "more than" : "at least", { origin, limit });
    }
    case "too_big": {
      const { origin, maximum: limit, inclusive } = issue;
      return bound(inclusive === false ? "less than" : "at most", { origin, limit });
    }
    case "invalid_value": {
      if (issue.input === undefined) return "is missing";
      const [only, ...others] = issue.values.map(String);
      return others.length === 0
        ? `must be ${only}`
        : `must be one of ${[only, ...others].join(", ")}`;
    }
    case "invalid_format": {
      const format = formats[issue.format];
      return format && `must be ${format}`;
    }
    case "invalid_union":
      return issue.input === undefined
        ? "is missing"
        : "has none of the forms that are allowed here";
    default:
      return undefined;
  }
}
