import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Listening, listen } from "../listen.ts";
import { readBody } from "../read-body.ts";
import { answerChat, errorBody, sendJson } from "./answer.ts";

/** One request as `GET /requests` shows it. */
interface Asked {
  at: string;
  method: string;
  path: string;
  body: unknown;
  /** `open` while it is being answered; `broken` if the connection ended before the answer did. */
  outcome: "open" | "answered" | "broken";
  status?: number;
}

interface UpstreamOptions {
  /** The bearer key that callers must show. */
  apiKey: string;
  /** Names that `GET /v1/models` lists; any name is answered. */
  models?: readonly string[];
}

/** How many requests are kept for `GET /requests`. */
const kept = 200;

/** Largest body in bytes. */
const bodyLimit = 20 * 1024 * 1024;

/**
 * Starts the stand-in for an OpenAI-compatible upstream on 127.0.0.1 and a free port:
 * `POST /v1/chat/completions` and `GET /v1/models` behind the bearer key, and for tests
 * `GET /requests` (what it was asked, newest first) and `DELETE /requests` without it.
 * Its answers are a function of the request; faults.ts lists the faults it can be asked for.
 */
export async function startUpstream({
  apiKey,
  models = ["gpt-4o-mini", "gpt-4o", "gpt-4.1"],
}: UpstreamOptions): Promise<Listening> {
  const asked: Asked[] = [];

  const record = (incoming: IncomingMessage, response: ServerResponse, body: unknown): void => {
    const entry: Asked = {
      at: new Date().toISOString(),
      method: incoming.method ?? "",
      path: incoming.url ?? "",
      body,
      outcome: "open",
    };
    asked.unshift(entry);
    asked.length = Math.min(asked.length, kept);
    response.once("close", () => {
      entry.outcome = response.writableFinished ? "answered" : "broken";
      if (response.headersSent) entry.status = response.statusCode;
    });
  };

  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const route = `${incoming.method} ${new URL(incoming.url ?? "/", "http://upstream").pathname}`;
    if (route === "GET /requests") return sendJson(response, 200, { requests: asked });
    if (route === "DELETE /requests") {
      asked.length = 0;
      return sendJson(response, 200, { requests: [] });
    }
    const text = (await readBody(incoming, bodyLimit))?.toString("utf8");
    const body = text === undefined ? undefined : parsed(text);
    record(incoming, response, body);
    if (incoming.headers.authorization !== `Bearer ${apiKey}`) {
      const message = "Incorrect API key provided.";
      return sendJson(response, 401, errorBody(message, "authentication_error", "invalid_api_key"));
    }
    if (text === undefined) {
      return sendJson(response, 413, errorBody("The body is too large.", "invalid_request_error"));
    }
    if (route === "POST /v1/chat/completions") return answerChat(incoming, response, body);
    if (route === "GET /v1/models") {
      const data = models.map((id) => ({ id, object: "model", created: 0, owned_by: "stand-in" }));
      return sendJson(response, 200, { object: "list", data });
    }
    sendJson(response, 404, errorBody(`Unknown request: ${route}`, "invalid_request_error"));
  };

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, errorBody(String(error), "server_error"));
    });
  });
  return listen(server);
}

/** The JSON of a body; text that is none stands for itself, and no chat request is text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
