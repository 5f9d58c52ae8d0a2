import { aggregateCommands } from "./aggregate.ts";
import { bulkWriteCommands } from "./bulk-write.ts";
import { collModCommands } from "./coll-mod.ts";
import { collectionCommands } from "./collections.ts";
import type { Command } from "./command.ts";
import { cursorCommands } from "./cursor-commands.ts";
import { diagnosticCommands } from "./diagnostics.ts";
import { explainCommand } from "./explain.ts";
import { findAndModifyCommands } from "./find-and-modify.ts";
import { handshakeCommands } from "./handshake.ts";
import { indexCommands } from "./indexes.ts";
import { readCommands } from "./reads.ts";
import { sessionCommands } from "./session-commands.ts";
import { writeCommands } from "./writes.ts";

const byName = new Map<string, Command>();

for (const command of [
  ...handshakeCommands,
  ...diagnosticCommands,
  ...sessionCommands,
  ...cursorCommands,
  ...readCommands,
  ...aggregateCommands,
  ...writeCommands,
  ...findAndModifyCommands,
  ...bulkWriteCommands,
  ...collectionCommands,
  ...collModCommands,
  ...indexCommands,
  explainCommand((name) => byName.get(name)),
]) {
  for (const name of [command.name, ...(command.aliases ?? [])]) byName.set(name, command);
}

/** The command of that name or alias. */
export const findCommand = (name: string): Command | undefined => byName.get(name);
