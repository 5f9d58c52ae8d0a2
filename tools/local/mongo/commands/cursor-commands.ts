import { Long } from "bson";
import { fail } from "../errors.ts";
import { command } from "./command.ts";
import { array, ignored, long, optional, required, text, wholeFrom } from "./fields.ts";
import { fullName } from "./namespace.ts";

const getMore = command({
  name: "getMore",
  counts: "getmore",
  fields: {
    getMore: required(long),
    collection: required(text),
    batchSize: optional(wholeFrom(0)),
    term: ignored,
  },
  run: ({ getMore: id, collection, batchSize }, { db, server, session }) => ({
    cursor: server.cursors.more({
      id,
      namespace: fullName(db, collection),
      batchSize,
      session: session?.key,
    }),
  }),
});

const killCursors = command({
  name: "killCursors",
  fields: { killCursors: required(text), cursors: required(array) },
  run: ({ killCursors: collection, cursors }, { db, server }) => {
    const namespace = fullName(db, collection);
    const ids = cursors.map((id) =>
      id instanceof Long
        ? id
        : fail("TypeMismatch", "BSON field 'killCursors.cursors' holds what is not a long"),
    );
    const cursorsKilled = ids.filter((id) => server.cursors.kill(id, namespace));
    return {
      cursorsKilled,
      cursorsNotFound: ids.filter((id) => !cursorsKilled.includes(id)),
      cursorsAlive: [],
      cursorsUnknown: [],
    };
  },
});

export const cursorCommands = [getMore, killCursors];
