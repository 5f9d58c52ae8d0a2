import { visit } from "jsonc-parser";

interface Position {
  /** Both count from 1, as editors do. */
  line: number;
  column: number;
}

/**
 * Where text stops being JSON (RFC 8259), or undefined if no mistake is found, or none before it is
 * nested too deeply to be read. The text itself is never quoted: it may hold a password.
 */
export function jsonMistake(text: string): Position | undefined {
  let first: Position | undefined;
  const onError = (
    _code: number,
    _offset: number,
    _length: number,
    line: number,
    column: number,
  ): void => {
    first ??= { line: line + 1, column: column + 1 };
  };
  try {
    visit(
      text,
      { onError },
      { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false },
    );
  } catch (error) {
    // It calls itself for each level, and the stack has an end.
    if (!(error instanceof RangeError)) throw error;
  }
  return first;
}
