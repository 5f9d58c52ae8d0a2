/** What a check found. `todo` says how to mend it, where it failed. */
export type Finding =
  | { name: string; state: "good" | "off" | "unseen"; says: string }
  | { name: string; state: "bad"; says: string; todo: string };

export const good = (name: string, says: string): Finding => ({ name, state: "good", says });
/** Not wanted here, so nothing is wrong. */
export const off = (name: string, says: string): Finding => ({ name, state: "off", says });
/** Can't be looked at from here. */
export const unseen = (name: string, says: string): Finding => ({ name, state: "unseen", says });
export const bad = (name: string, says: string, todo: string): Finding => ({
  name,
  state: "bad",
  says,
  todo,
});

const signs = { good: "ok  ", off: "off ", unseen: "?   ", bad: "BAD " } as const;

/** A finding as a line, and a second one with what to do. */
export const lineOf = (finding: Finding): string =>
  `${signs[finding.state]} ${finding.name}: ${finding.says}${
    finding.state === "bad" ? `\n      → ${finding.todo}` : ""
  }`;

/** The message of anything that was thrown, with that of its cause, which tells more. */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}
