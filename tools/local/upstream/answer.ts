import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { ZodError } from "zod";
import { type Faults, readFaults } from "./faults.ts";
import { piecesOf } from "./pieces.ts";
import { type Reply, replyTo } from "./reply.ts";
import { ChatRequest, lastUserText } from "./request.ts";
import { loadTokenizer } from "./tokens.ts";
import { wholeBody } from "./whole.ts";

type Json = Record<string, unknown>;

export function sendJson(
  response: ServerResponse,
  status: number,
  body: Json,
  headers: Json = {},
): void {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

/** An error in OpenAI's form. */
export const errorBody = (message: string, type: string, code: string | null = null): Json => ({
  error: { message, type, param: null, code },
});

const errorTypes: Record<number, string> = {
  401: "authentication_error",
  403: "permission_error",
  429: "rate_limit_error",
};

/** POST /v1/chat/completions: the reply to `body`, whole or as a stream, with the faults it asks for. */
export async function answerChat(
  incoming: IncomingMessage,
  response: ServerResponse,
  body: unknown,
): Promise<void> {
  const request = ChatRequest.safeParse(body);
  if (!request.success) return refuse(response, request.error);
  const faults = faultsOf(incoming, request.data);
  if (!faults.ok) return refuse(response, faults.error);
  const { delay, status, hang } = faults.data;
  await sleep(delay);
  if (status !== undefined) return sendFault(response, status, faults.data);
  const streamed = request.data.stream === true;
  if (hang !== undefined && (hang === 0 || !streamed)) return;
  const reply = replyTo(request.data, faults.data, await loadTokenizer());
  if (streamed) await sendStream(response, reply, { request: request.data, faults: faults.data });
  else sendWhole(response, JSON.stringify(wholeBody(reply, request.data.model)), faults.data);
}

type FaultsRead = { ok: true; data: Faults } | { ok: false; error: ZodError };

function faultsOf({ headers }: IncomingMessage, request: ChatRequest): FaultsRead {
  try {
    return { ok: true, data: readFaults(String(headers["x-fault"] ?? ""), lastUserText(request)) };
  } catch (error) {
    return { ok: false, error: error as ZodError };
  }
}

function refuse(response: ServerResponse, { issues }: ZodError): void {
  const where = issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  sendJson(response, 400, errorBody(where, "invalid_request_error"));
}

function sendFault(response: ServerResponse, status: number, faults: Faults): void {
  const type = errorTypes[status] ?? (status < 500 ? "invalid_request_error" : "server_error");
  const wait = faults["retry-after"];
  const headers = wait === undefined ? {} : { "Retry-After": String(wait) };
  sendJson(response, status, errorBody(`Status ${status} as asked for.`, type), headers);
}

function sendWhole(response: ServerResponse, json: string, { cut, malformed }: Faults): void {
  const body = Buffer.from(malformed === undefined ? json : json.slice(0, -1));
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": body.length });
  if (cut === undefined) response.end(body);
  else response.write(body.subarray(0, cut), () => response.destroy());
}

async function sendStream(
  response: ServerResponse,
  reply: Reply,
  { request, faults }: { request: ChatRequest; faults: Faults },
): Promise<void> {
  const { cut, hang, malformed, pace } = faults;
  const includeUsage = request.stream_options?.include_usage === true;
  const pieces = [...piecesOf(reply, { model: request.model, includeUsage })];
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
  for (const [index, piece] of pieces.entries()) {
    if (response.destroyed || index === hang) return;
    if (index === cut) break;
    if (index > 0 && pace > 0) await sleep(pace);
    const broken = malformed !== undefined && index === Math.floor(pieces.length / 2);
    const line = `data: ${broken ? '{"choices": [' : JSON.stringify(piece)}\n\n`;
    if (!response.write(line)) await drained(response);
  }
  if (cut === undefined) response.end("data: [DONE]\n\n");
  else response.write("", () => response.destroy());
}

/** Resolves when the client has read on, or has gone. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    response.once("drain", resolve);
    response.once("close", resolve);
  });
