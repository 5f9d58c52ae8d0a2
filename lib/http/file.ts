import type { APIGatewayProxyEvent } from "aws-lambda";
import * as z from "zod";
import { Failure, type FailureCode } from "../errors.ts";
import { type ChainDeps, type HttpHandler, middlewareChain } from "./chain.ts";
import { declared } from "./declaration.ts";
import type { HttpContext } from "./request.ts";

interface FileSpec {
  /** Its files by the path's parameter `file`, or the one there is. */
  files: Readonly<Record<string, TextFile>> | TextFile;
}

/** A text that is not JSON, such as a page. */
export interface TextFile {
  /** Its media type. */
  type: string;
  text: () => string | Promise<string>;
}

/** A page may load scripts, styles and pictures from here, and ask only here; `data:` pictures call nobody. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Seconds that browsers keep a file without asking. */
const keptFor = 3_600;

/** Makes the builder of what answers files that browsers show or run. */
export const fileBuilder =
  (deps: ChainDeps) =>
  ({ files }: FileSpec): HttpHandler => {
    const only = isFile(files) ? files : undefined;
    const named = new Map(isFile(files) ? [] : Object.entries(files));

    const answer = async ({ pathParameters }: APIGatewayProxyEvent, context: HttpContext) => {
      const file = only ?? named.get(pathParameters?.file ?? "");
      if (!file) throw new Failure("NOT_FOUND");
      context.answerHeaders = { "Content-Security-Policy": pagePolicy };
      return {
        statusCode: 200,
        headers: {
          "Content-Type": `${file.type}; charset=utf-8`,
          "Cache-Control": `public, max-age=${keptFor}`,
        },
        body: await file.text(),
      };
    };

    const all = only ? [only] : [...named.values()];
    return declared<HttpHandler>(middlewareChain(deps, answer), {
      reply: z.string(),
      types: [...new Set(all.map(({ type }) => type))],
      fails: only ? [] : (["NOT_FOUND"] satisfies FailureCode[]),
    });
  };

const isFile = (files: FileSpec["files"]): files is TextFile => typeof files.text === "function";
