/** Commands that end, keep or list sessions. */
import { sessionKey } from "../sessions.ts";
import { command, type Server } from "./command.ts";
import { ignored, objects, required } from "./fields.ts";

const endSession = (server: Server, key: string): void => {
  server.cursors.closeSession(key);
  server.sessions.end(key);
};

const sessionList = (name: string, act: (server: Server, key: string) => void) =>
  command({
    name,
    fields: { [name]: required(objects) },
    run: (args, { server }) => {
      for (const lsid of args[name] ?? []) act(server, sessionKey(lsid));
      return {};
    },
  });

const startSession = command({
  name: "startSession",
  fields: { startSession: ignored },
  run: (_, { server }) => server.sessions.start(),
});

/** Without authentication every session is the same user's, whatever the patterns say. */
const killAllSessions = command({
  name: "killAllSessions",
  aliases: ["killAllSessionsByPattern"],
  fields: { killAllSessions: ignored, killAllSessionsByPattern: ignored },
  run: (_, { server }) => {
    for (const { key } of server.sessions.all()) endSession(server, key);
    return {};
  },
});

export const sessionCommands = [
  startSession,
  killAllSessions,
  sessionList("endSessions", endSession),
  sessionList("killSessions", endSession),
  // Dispatch has already noted the use of the session the command itself came in.
  sessionList("refreshSessions", (server, key) => server.sessions.touch(key)),
];
