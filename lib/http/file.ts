import type { APIGatewayProxyEvent } from "aws-lambda";
import * as z from "zod";
import { Failure, type FailureCode } from "../errors.ts";
import { type ChainDeps, type HttpHandler, middlewareChain } from "./chain.ts";
import { declared } from "./declaration.ts";
import type { HttpContext } from "./request.ts";

/** A text that is not JSON, such as a page. */
export interface TextFile {
  /** Its media type. */
  type: string;
  text: string;
}

interface FileSpec {
  /** Of a path without a parameter `file`, and of none. */
  type: string;
  /** The file of that name, or the one without; undefined if there is none: 404. */
  read: (name: string | undefined) => Promise<TextFile | undefined>;
}

/**
 * A page may load scripts, styles and pictures from here and ask only here. `data:` pictures and
 * inline styles can neither call out nor run anything.
 */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
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
  ({ type, read }: FileSpec): HttpHandler => {
    const answer = async ({ pathParameters }: APIGatewayProxyEvent, context: HttpContext) => {
      const file = await read(pathParameters?.file);
      if (!file) throw new Failure("NOT_FOUND");
      context.answerHeaders = { "Content-Security-Policy": pagePolicy };
      return {
        statusCode: 200,
        headers: {
          "Content-Type": `${file.type}; charset=utf-8`,
          "Cache-Control": `public, max-age=${keptFor}`,
        },
        body: file.text,
      };
    };
    const fails: FailureCode[] = ["NOT_FOUND"];
    return declared<HttpHandler>(middlewareChain(deps, answer), { reply: z.string(), type, fails });
  };
