import { describe, expect, it } from "@jest/globals";
import { serialize } from "bson";
import fc from "fast-check";
import { MongoClient } from "mongodb";
import { crc32c } from "../../../tools/local/mongo/crc32c.ts";
import { readMessage, WireError } from "../../../tools/local/mongo/wire.ts";
import { embeddedServer } from "../../support/embedded.ts";
import { frame, int32, opMsg, rawConnection } from "../../support/raw-connection.ts";

const OP_QUERY = 2004;
const OP_MSG = 2013;
const server = await embeddedServer();

const ping = { ping: 1, $db: "admin" };

const section = (kind: number, ...parts: Uint8Array[]) =>
  Buffer.concat([Buffer.from([kind]), ...parts]);

const sequence = (name: string, ...documents: Uint8Array[]) => {
  const content = Buffer.concat([Buffer.from(`${name}\0`), ...documents]);
  return section(1, int32(content.length + 4), content);
};

describe("a message the server understands", () => {
  it("is answered when it arrives byte by byte", async () => {
    const { socket, reply } = await rawConnection(server.port);
    for (const byte of opMsg(ping)) socket.write(Buffer.from([byte]));
    expect(await reply()).toMatchObject({ ok: 1 });
    socket.destroy();
  });

  it("is answered in order when several arrive at once", async () => {
    const { socket, reply } = await rawConnection(server.port);
    socket.write(Buffer.concat([opMsg(ping), opMsg({ nonsense: 1, $db: "admin" }), opMsg(ping)]));
    expect([(await reply()).ok, (await reply()).ok, (await reply()).ok]).toEqual([1, 0, 1]);
    socket.destroy();
  });

  it("may carry its documents as a sequence", async () => {
    const { socket, reply } = await rawConnection(server.port);
    const body = section(0, serialize({ insert: "sequences", $db: "test" }));
    const documents = sequence("documents", serialize({ _id: 1 }), serialize({ _id: 2 }));
    socket.write(frame(OP_MSG, int32(0), documents, body));
    expect(await reply()).toEqual({ n: 2, ok: 1 });
    socket.destroy();
  });

  it("may carry a checksum, which must be right", async () => {
    const { socket, reply, ended } = await rawConnection(server.port);
    const whole = frame(OP_MSG, int32(1), section(0, serialize(ping)), int32(0));
    whole.writeUInt32LE(crc32c(whole.subarray(0, -4)), whole.length - 4);
    socket.write(whole);
    expect(await reply()).toMatchObject({ ok: 1 });
    whole.writeUInt8((whole.at(-1) ?? 0) ^ 1, whole.length - 1);
    socket.write(whole);
    await ended;
  });

  it("gets no answer if it asks for none", async () => {
    const { socket, reply } = await rawConnection(server.port);
    const write = { insert: "unacknowledged", documents: [{ _id: 1 }], $db: "test" };
    socket.write(Buffer.concat([opMsg(write, 2), opMsg({ count: "unacknowledged", $db: "test" })]));
    expect(await reply()).toEqual({ n: 1, ok: 1 });
    socket.destroy();
  });

  it("is a handshake in the old form too", async () => {
    const { socket } = await rawConnection(server.port);
    const body = [Buffer.from("admin.$cmd\0"), int32(0), int32(-1), serialize({ isMaster: 1 })];
    const data = new Promise<Buffer>((resolve) => socket.once("data", resolve));
    socket.write(frame(OP_QUERY, int32(0), ...body));
    expect((await data).readInt32LE(12)).toBe(1);
    socket.destroy();
  });
});

describe("a message the server can't understand ends its connection and no other", () => {
  const truncatedDocument = serialize(ping).subarray(0, -3);
  it.each<[string, Buffer]>([
    ["a length below the header's", int32(3)],
    ["a negative length", int32(-1)],
    ["a length above the limit", int32(48_000_001)],
    ["an unknown opcode", frame(2010, serialize(ping))],
    ["a compressed message", frame(2012, int32(OP_MSG), int32(4), Buffer.from([0]))],
    ["an unknown required flag", opMsg(ping, 1 << 5)],
    ["no section", frame(OP_MSG, int32(0))],
    ["no body", frame(OP_MSG, int32(0), sequence("documents", serialize({})))],
    [
      "two bodies",
      frame(OP_MSG, int32(0), section(0, serialize(ping)), section(0, serialize(ping))),
    ],
    ["an unknown kind of section", frame(OP_MSG, int32(0), section(2, serialize(ping)))],
    ["a document cut short", frame(OP_MSG, int32(0), section(0, truncatedDocument))],
    [
      "bytes that are not BSON",
      frame(OP_MSG, int32(0), section(0, int32(9), Buffer.from("\x01garb"))),
    ],
    [
      "a query of old",
      frame(OP_QUERY, int32(0), Buffer.from("test.things\0"), int32(0), int32(1), serialize({})),
    ],
    ["text", Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
  ])("%s", async (_, bytes) => {
    const before = server.lines.length;
    const { socket, ended } = await rawConnection(server.port);
    socket.write(bytes);
    await ended;
    expect(server.lines.slice(before)).toEqual([expect.stringContaining("ended:")]);
    expect(await server.db.command({ ping: 1 })).toMatchObject({ ok: 1 });
  });

  it("a message whose sender goes away in the middle", async () => {
    const before = server.lines.length;
    const { socket, ended } = await rawConnection(server.port);
    socket.end(opMsg(ping).subarray(0, 20));
    await ended;
    expect(server.lines.slice(before)).toEqual([expect.stringContaining("incomplete")]);
  });

  it("any bytes at all are read or refused, never anything else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 80 }), (bytes) => {
        const message = frame(OP_MSG, bytes);
        try {
          expect(readMessage(message).body).toBeDefined();
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});

it("serves 200 connections at once", async () => {
  const clients = await Promise.all(
    Array.from({ length: 200 }, () => MongoClient.connect(server.uri, { maxPoolSize: 1 })),
  );
  const collection = (client: MongoClient) =>
    client.db("test").collection<{ _id: number }>("crowd");
  await Promise.all(clients.map((client, _id) => collection(client).insertOne({ _id })));
  expect(await server.db.collection("crowd").countDocuments()).toBe(200);
  await Promise.all(clients.map((client) => client.close()));
});

it.each([
  ["", 0],
  ["123456789", 0xe3069283],
])("the checksum of %j is that of RFC 3720", (text, expected) => {
  expect(crc32c(Buffer.from(text))).toBe(expected);
});
