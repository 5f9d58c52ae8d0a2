/**
 * The process that runs the functions: serverless-offline and the gateway in front of it. Started by
 * functions.ts with an IPC channel, over which it is handed the connections to serve; it ends when
 * that channel does, so it never outlives the stack. What it reports are JSON lines on standard
 * output, among those of the functions.
 */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { inspect } from "node:util";
import { startOffline } from "./offline.ts";
import { createGateway } from "./server.ts";
import { readService } from "./service.ts";

/** Milliseconds that requests under way may take to end. */
const grace = 3_000;

/** Milliseconds in which a request already on its way over a kept connection is still answered. */
const linger = 250;

const report = (message: string, error?: unknown): void => {
  const fields = error === undefined ? {} : { error: inspect(error) };
  const line = { level: "ERROR", timestamp: new Date().toISOString(), message, ...fields };
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

async function main(directory: string): Promise<void> {
  const service = await readService(directory);
  const offlineUrl = await startOffline(service.serverless, report);
  const gateway = createGateway({ service, offlineUrl, report });
  const open = new Set<ServerResponse>();
  let stopping = false;
  let lingered = false;
  const endIfDone = (): void => {
    if (lingered && open.size === 0) process.exit(0);
  };

  gateway.on("request", (_, response) => {
    open.add(response);
    if (stopping) response.shouldKeepAlive = false;
    response.once("close", () => {
      open.delete(response);
      endIfDone();
    });
  });
  process.on("message", (message, handle) => {
    if (message === "stop") {
      stopping = true;
      for (const response of open) response.shouldKeepAlive = false;
      setTimeout(() => {
        lingered = true;
        endIfDone();
      }, linger);
      setTimeout(() => process.exit(0), grace);
    } else if (handle) {
      const socket = handle as Socket;
      gateway.emit("connection", socket);
      socket.resume();
    }
  });
  process.send?.("ready");
}

// A ctrl-C reaches every process of the terminal: the stack decides when this one ends.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
process.on("disconnect", () => process.exit(0));

try {
  await main(process.argv[2] ?? process.cwd());
} catch (error) {
  process.send?.({ error: error instanceof Error ? error.message : String(error) }, () =>
    process.exit(1),
  );
}
