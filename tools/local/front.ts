import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

type Taker = (socket: Socket) => void;

/** A port whose connections wait until somebody takes them. */
export interface Front {
  port: number;
  /** Hands over those that wait and all that come, until told otherwise. */
  handTo(taker: Taker): void;
  /** Lets those that come wait. */
  hold(): void;
  stop(): Promise<void>;
}

/**
 * Opens a port of 127.0.0.1; 0 takes a free one. Connections wait at first.
 * @throws NodeJS.ErrnoException with code EADDRINUSE for a busy port
 */
export async function openFront(port: number): Promise<Front> {
  let waiting: Socket[] = [];
  const hold: Taker = (socket) => waiting.push(socket);
  let take = hold;
  const handTo = (taker: Taker): void => {
    take = taker;
    const taken = waiting;
    waiting = [];
    for (const socket of taken) taker(socket);
  };
  // Paused, so that no byte is read before the process that answers has the connection.
  const server = createServer({ pauseOnConnect: true }, (socket) => take(socket));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    handTo,
    hold: () => {
      take = hold;
    },
    stop: async () => {
      server.close();
      handTo((socket) => socket.destroy());
    },
  };
}
