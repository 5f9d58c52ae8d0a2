import * as z from "zod";
import { readText } from "../upstream/read-text.ts";

interface SearchOptions {
  /** Where queries are posted, such as https://api.tavily.com/search. */
  url: string;
  /** The bearer key; undefined where none is wanted. */
  key: () => Promise<string | undefined>;
}

const Found = z.object({
  results: z.array(z.object({ title: z.string(), url: z.string(), content: z.string() })),
});
export type FoundPage = z.output<typeof Found>["results"][number];

/** Pages asked for with each query. */
const pages = 5;

/** Bytes of an answer: the pages of one query are some hundred thousand. */
const longest = 4 * 1024 * 1024;

/** Milliseconds. */
const timeout = 10_000;

/**
 * Makes a search at a service in the form of Tavily's API (https://docs.tavily.com). The service
 * reads the pages; this one fetches none, so that no query leads it into a network of its own.
 * @throws Error if the service can't be reached or answers in another form
 */
export const searchClient =
  ({ url, key }: SearchOptions) =>
  async (query: string, signal: AbortSignal): Promise<FoundPage[]> => {
    const bearer = await key();
    const response = await fetch(url, {
      method: "POST",
      redirect: "error",
      headers: {
        "Content-Type": "application/json",
        ...(bearer !== undefined && { Authorization: `Bearer ${bearer}` }),
      },
      body: JSON.stringify({ query, max_results: pages }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
    });
    if (!response.ok) throw new Error(`the search service answered ${response.status}`);
    const { text, isWhole } = await readText(response, { mostBytes: longest });
    if (!isWhole) throw new Error("the search service answered too much");
    const { results } = Found.parse(JSON.parse(text));
    // Callers make links of them.
    return results.filter(({ url: page }) => /^https?:\/\//i.test(page)).slice(0, pages);
  };

export type Search = ReturnType<typeof searchClient>;
