import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Listening {
  /** Base URL without a slash at its end. */
  url: string;
  /** Ends open connections too. */
  stop(): Promise<void>;
}

/**
 * Lets a server listen on this machine alone, on a free port unless one is given.
 * @throws NodeJS.ErrnoException with code EADDRINUSE for a busy port
 */
export async function listen(server: Server, port = 0): Promise<Listening> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return listening(server);
}

/** A server that listens already. */
export const listening = (server: Server): Listening => ({
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  stop: async () => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  },
});
