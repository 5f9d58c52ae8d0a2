/** The MongoDB wire protocol: bytes to messages and back. Knows frames, not commands. */
import { crc32c } from "./crc32c.ts";
import { MAX_MESSAGE_BYTES } from "./limits.ts";
import { type Doc, decode, decodeStatement, encode, type Value } from "./values/codec.ts";

const HEADER_BYTES = 16;
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;

const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 1 << 1;
/** Bits 0 to 15 of the flags must be understood by whoever reads them. */
const UNKNOWN_REQUIRED_FLAGS = 0xffff & ~(CHECKSUM_PRESENT | MORE_TO_COME);

/** One request of a client: a command with its document sequences folded in as arrays. */
export type Message = {
  id: number;
  /** OP_QUERY serves only the handshake of drivers that do not know yet what the server speaks. */
  form: "msg" | "query";
  body: Doc;
  /** False for unacknowledged writes: the client expects no answer. */
  wantsReply: boolean;
};

/** The bytes can't be understood: the connection that sent them must end. */
export class WireError extends Error {}

/**
 * Length of the message that starts at the front of `bytes`, or undefined while the length itself
 * has not arrived.
 * @throws WireError if no message can be that long.
 */
export const messageLength = (bytes: Buffer): number | undefined => {
  if (bytes.length < 4) return undefined;
  const length = bytes.readInt32LE(0);
  if (length < HEADER_BYTES) throw new WireError(`message length ${length} is below the header's`);
  if (length > MAX_MESSAGE_BYTES) {
    throw new WireError(`message length ${length} is above the limit of ${MAX_MESSAGE_BYTES}`);
  }
  return length;
};

/**
 * Reads one whole message.
 * @throws WireError if it is not a well-formed OP_MSG or handshake OP_QUERY.
 */
export const readMessage = (bytes: Buffer): Message => {
  const opCode = bytes.readInt32LE(12);
  try {
    if (opCode === OP_MSG) return readMsg(bytes);
    if (opCode === OP_QUERY) return readQuery(bytes);
  } catch (error) {
    if (error instanceof WireError) throw error;
    throw new WireError(`malformed message: ${error instanceof Error ? error.message : error}`);
  }
  throw new WireError(`opcode ${opCode} is not supported`);
};

const readMsg = (bytes: Buffer): Message => {
  const flags = bytes.readUInt32LE(HEADER_BYTES);
  if (flags & UNKNOWN_REQUIRED_FLAGS) throw new WireError(`unknown flags ${flags.toString(2)}`);
  const checked = (flags & CHECKSUM_PRESENT) !== 0;
  const end = checked ? bytes.length - 4 : bytes.length;
  if (checked && crc32c(bytes.subarray(0, end)) !== bytes.readUInt32LE(end)) {
    throw new WireError("checksum does not match");
  }
  let body: Doc | undefined;
  const sequences: [string, Value[]][] = [];
  for (let at = HEADER_BYTES + 4; at < end; ) {
    const kind = bytes.readUInt8(at);
    const sectionEnd = at + 1 + bytes.readInt32LE(at + 1);
    if (sectionEnd < at + 6 || sectionEnd > end) throw new WireError("section exceeds the message");
    const section = bytes.subarray(at + 1, sectionEnd);
    if (kind === 0 && body === undefined) body = decodeStatement(section, "update");
    else if (kind === 1) sequences.push(readSequence(section));
    else throw new WireError(`unexpected section of kind ${kind}`);
    at = sectionEnd;
  }
  if (body === undefined) throw new WireError("message without a body");
  for (const [name, documents] of sequences) {
    if (Object.hasOwn(body, name)) throw new WireError(`field ${name} is given twice`);
    body[name] = documents;
  }
  return { id: bytes.readInt32LE(4), form: "msg", body, wantsReply: !(flags & MORE_TO_COME) };
};

/** Where the statements of a sequence have the pipeline of an update; other sequences hold data. */
const pipelineFields = new Map([
  ["updates", "u"],
  ["ops", "updateMods"],
]);

const readSequence = (section: Buffer): [string, Value[]] => {
  const nameEnd = section.indexOf(0, 4);
  if (nameEnd < 0) throw new WireError("document sequence without a name");
  const name = section.toString("utf8", 4, nameEnd);
  const pipelines = pipelineFields.get(name);
  const documents: Value[] = [];
  for (let at = nameEnd + 1; at < section.length; ) {
    const end = at + section.readInt32LE(at);
    if (end < at + 5 || end > section.length) throw new WireError("document exceeds its sequence");
    const bytes = section.subarray(at, end);
    documents.push(pipelines ? decodeStatement(bytes, pipelines) : decode(bytes));
    at = end;
  }
  return [name, documents];
};

const readQuery = (bytes: Buffer): Message => {
  const nameStart = HEADER_BYTES + 4;
  const nameEnd = bytes.indexOf(0, nameStart);
  const name = bytes.toString("utf8", nameStart, nameEnd);
  if (!name.endsWith(".$cmd")) throw new WireError(`OP_QUERY on ${name} is not supported`);
  const bodyStart = nameEnd + 1 + 8;
  const body = decode(bytes.subarray(bodyStart, bodyStart + bytes.readInt32LE(bodyStart)));
  const id = bytes.readInt32LE(4);
  return {
    id,
    form: "query",
    body: { ...body, $db: name.slice(0, -".$cmd".length) },
    wantsReply: true,
  };
};

/** The bytes that answer `message` with `reply`. */
export const writeReply = (message: Message, reply: Doc): Buffer => {
  const body = encode(reply);
  const prefixBytes = message.form === "msg" ? 5 : 20;
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + prefixBytes + body.length);
  bytes.fill(0, 0, HEADER_BYTES + prefixBytes);
  bytes.writeInt32LE(bytes.length, 0);
  bytes.writeInt32LE(message.id, 8);
  bytes.writeInt32LE(message.form === "msg" ? OP_MSG : OP_REPLY, 12);
  // OP_REPLY: flags, cursor id and first position are 0, then the number of documents.
  if (message.form === "query") bytes.writeInt32LE(1, HEADER_BYTES + 16);
  bytes.set(body, HEADER_BYTES + prefixBytes);
  return bytes;
};
