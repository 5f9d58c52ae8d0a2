import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { forwardedHeaders } from "./event.ts";

interface PassOn {
  /** Base URL of serverless-offline. */
  to: string;
  body: Buffer;
}

/** Headers of one connection, not of the request. RFC 9110 section 7.6.1. */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "te",
  "transfer-encoding",
  "upgrade",
  "content-length",
  "expect",
]);

/** Passes a request on and its answer back. Rejects if the other side can't be asked. */
export function passOn(
  incoming: IncomingMessage,
  response: ServerResponse,
  { to, body }: PassOn,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = forwardedHeaders(incoming).filter(
      ([name]) => !hopByHop.has(name.toLowerCase()),
    );
    if (body.length > 0) headers.push(["Content-Length", String(body.length)]);
    const { hostname, port } = new URL(to);
    const outgoing = request({
      // Its own connection: one that is kept may be ended by the other side just as it is used again.
      agent: false,
      hostname,
      port,
      method: incoming.method,
      path: incoming.url,
      // A list keeps names as they came, and repeated ones.
      headers: headers.flat(),
      setHost: false,
    });
    outgoing.once("error", reject);
    outgoing.once("response", (answer) => {
      const kept = answer.rawHeaders.flatMap((name, index) =>
        index % 2 === 0 && !isConnectionHeader(name)
          ? [name, answer.rawHeaders[index + 1] ?? ""]
          : [],
      );
      response.writeHead(answer.statusCode ?? 502, kept);
      answer.pipe(response);
      answer.once("error", reject);
    });
    response.once("close", () => {
      outgoing.destroy();
      resolve();
    });
    outgoing.end(body);
  });
}

/** The answer's length stays: it is true for what is passed back, and a HEAD has no other. */
const isConnectionHeader = (name: string): boolean =>
  hopByHop.has(name.toLowerCase()) && name.toLowerCase() !== "content-length";
