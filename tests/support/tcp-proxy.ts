import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface TcpProxy {
  port: number;
  /** Connections that are open now. */
  open(): number;
  /** The most that were ever open at once. */
  mostOpen(): number;
  /** Ends every connection, as a peer does while a container is frozen. */
  cut(): void;
  /** Keeps connections open but passes nothing on, as a network that lost its state does. */
  freeze(): void;
  thaw(): void;
  /** Lets each answer of the server wait for some milliseconds; 0 ends it. */
  slow(milliseconds: number): void;
  /** Passes on the first half of the next answer of each connection and then ends it, until told otherwise. */
  cutReplies(on: boolean): void;
  close(): Promise<void>;
}

/** A proxy before a server on 127.0.0.1 that can be made to fail as networks do. `port` 0 takes a free one. */
export async function tcpProxy(targetPort: number, port = 0): Promise<TcpProxy> {
  const pairs = new Set<[Socket, Socket]>();
  let most = 0;
  let frozen = false;
  let delay = 0;
  let cutting = false;

  const server = createServer((client) => {
    const upstream = connect(targetPort, "127.0.0.1");
    const pair: [Socket, Socket] = [client, upstream];
    pairs.add(pair);
    most = Math.max(most, pairs.size);
    const end = (): void => {
      pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) socket.on("close", end).on("error", end);
    client.on("data", (bytes) => {
      if (!frozen) upstream.write(bytes);
    });
    upstream.on("data", (bytes) => {
      if (frozen) return;
      if (cutting) client.end(bytes.subarray(0, bytes.length / 2), end);
      else if (delay === 0) client.write(bytes);
      else setTimeout(() => client.writable && client.write(bytes), delay);
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");

  const cut = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
    pairs.clear();
  };
  return {
    port: (server.address() as AddressInfo).port,
    open: () => pairs.size,
    mostOpen: () => most,
    cut,
    freeze: () => {
      frozen = true;
    },
    thaw: () => {
      frozen = false;
    },
    slow: (milliseconds) => {
      delay = milliseconds;
    },
    cutReplies: (on) => {
      cutting = on;
    },
    close: async () => {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
