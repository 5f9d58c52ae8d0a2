/** One client's connection: whole messages in, in order; one reply out for each. */
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Connection, Server } from "./commands/command.ts";
import { commandName, dispatch, errorReply, retryLabel } from "./commands/dispatch.ts";
import { ServerError } from "./errors.ts";
import type { CommandFault } from "./fail-points.ts";
import { type Doc, isDoc, toNumber } from "./values/codec.ts";
import { isNumber } from "./values/kinds.ts";
import { type Message, messageLength, readMessage, WireError, writeReply } from "./wire.ts";

/** Serves `socket` until it closes; what can't be understood closes it with a line in the log. */
export const serveConnection = (server: Server, socket: Socket, id: number): void => {
  const remote = `${socket.remoteAddress}:${socket.remotePort}`;
  const connection: Connection = { id, remote, client: undefined };
  server.connections.set(id, connection);
  const frames = createFrames();
  let busy = false;

  const end = (reason?: string): void => {
    if (reason !== undefined && !socket.destroyed) {
      server.log(`connection ${id} from ${remote} ended: ${reason}`);
    }
    socket.destroy();
  };

  const answer = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    try {
      for (let bytes = frames.next(); bytes && !socket.destroyed; bytes = frames.next()) {
        const message = readMessage(bytes);
        const pending = reply(server, connection, message.body);
        const result = pending instanceof Promise ? await pending : pending;
        if (!result) return end();
        if (message.wantsReply && !send(message, result)) {
          await new Promise((resolve) => socket.once("drain", resolve).once("close", resolve));
        }
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      end(error.message);
    } finally {
      busy = false;
    }
  };

  const send = (message: Message, result: Doc): boolean =>
    socket.write(writeReply(message, result));

  socket.setNoDelay(true);
  socket.on("data", (chunk) => {
    frames.push(chunk);
    answer().catch((error) => end(`unexpected failure: ${error}`));
  });
  socket.on("end", () => end(frames.isEmpty() ? undefined : "the last message is incomplete"));
  socket.on("error", (error) => end(error.message));
  socket.on("close", () => server.connections.delete(id));
};

/** Bytes as they arrive, given out as whole messages. */
const createFrames = () => {
  let chunks: Buffer[] = [];
  let held = 0;
  const join = (): Buffer => {
    const [first] = chunks;
    if (chunks.length === 1 && first) return first;
    const all = Buffer.concat(chunks, held);
    chunks = [all];
    return all;
  };
  let wanted: number | undefined;
  return {
    push: (chunk: Buffer): void => {
      chunks.push(chunk);
      held += chunk.length;
    },
    /** @throws WireError for a length that no message has. */
    next: (): Buffer | undefined => {
      if (held < 4) return undefined;
      wanted ??= messageLength(join());
      if (wanted === undefined || held < wanted) return undefined;
      const all = join();
      const message = all.subarray(0, wanted);
      held -= wanted;
      chunks = held > 0 ? [all.subarray(wanted)] : [];
      wanted = undefined;
      return message;
    },
    isEmpty: (): boolean => held === 0,
  };
};

/** The reply to a command; undefined if a fail point wants the connection cut instead. */
const reply = (
  server: Server,
  connection: Connection,
  body: Doc,
): Doc | undefined | Promise<Doc | undefined> => {
  const arrival = performance.now();
  const fault = findFault(server, connection, body);
  return fault
    ? replyWithFault(fault, server, connection, body, arrival)
    : dispatch(server, connection, body, arrival);
};

const findFault = (server: Server, { client }: Connection, body: Doc): CommandFault | undefined => {
  const name = commandName(body);
  const application = client?.application;
  const appName = isDoc(application) ? application.name : undefined;
  return server.failPoints.onCommand(
    name,
    `${body.$db}.${body[name]}`,
    typeof appName === "string" ? appName : undefined,
  );
};

const replyWithFault = async (
  fault: CommandFault,
  server: Server,
  connection: Connection,
  body: Doc,
  arrival: number,
): Promise<Doc | undefined> => {
  if (fault.blockMs > 0) await sleep(fault.blockMs);
  if (fault.closeConnection) return undefined;
  const labels = fault.labels && { errorLabels: fault.labels };
  if (fault.errorCode !== undefined) {
    const error = new ServerError(fault.errorCode, "Failing command via 'failCommand' failpoint");
    return { ...errorReply(error, body, server), ...labels };
  }
  const result = await dispatch(server, connection, body, arrival);
  const { writeConcernError } = fault;
  if (!result || !writeConcernError) return result;
  const code = isNumber(writeConcernError.code) ? toNumber(writeConcernError.code) : 0;
  return { ...result, writeConcernError, ...(labels ?? retryLabel(code, body)) };
};
