import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type Document, deserialize, serialize } from "bson";

export type RawConnection = {
  socket: Socket;
  /** The document of the next OP_MSG reply; rejects if the connection ends first. */
  reply: () => Promise<Document>;
  /** Resolves when the server has ended the connection. */
  ended: Promise<unknown>;
};

/** A bare socket to a MongoDB server, for messages no driver would send. */
export const rawConnection = async (port: number): Promise<RawConnection> => {
  const socket = connect({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  socket.on("error", () => {});
  let received = Buffer.alloc(0);
  const ended = once(socket, "close");
  const isWhole = () => received.length >= 4 && received.length >= received.readInt32LE(0);
  const reply = async (): Promise<Document> => {
    while (!isWhole()) {
      const data = await Promise.race([once(socket, "data"), ended.then(() => undefined)]);
      if (!data) throw new Error("the connection ended without a reply");
      received = Buffer.concat([received, data[0]]);
    }
    const message = received.subarray(0, received.readInt32LE(0));
    received = received.subarray(message.length);
    return deserialize(message.subarray(21), { useBigInt64: true });
  };
  return { socket, reply, ended };
};

/** The bytes of a message: its opcode, then what follows the header. */
export const frame = (opCode: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(16);
  header.writeInt32LE(header.length + body.length, 0);
  header.writeInt32LE(7, 4);
  header.writeInt32LE(opCode, 12);
  return Buffer.concat([header, body]);
};

/** An OP_MSG with one body section. */
export const opMsg = (command: Document, flags = 0): Buffer =>
  frame(2013, int32(flags), Buffer.from([0]), serialize(command));

export const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
};
