import { visit } from "jsonc-parser";

interface Position {
  /** Both count from 1, as editors do. */
  line: number;
  column: number;
}

/** Where text stops being JSON (RFC 8259), or undefined if no mistake is found. The text itself is never quoted: it may hold a password. */
export function jsonMistake(text: string): Position | undefined {
  let first: Position | undefined;
  visit(
    text,
    {
      onError: (_code, _offset, _length, line, column) => {
        first ??= { line: line + 1, column: column + 1 };
      },
    },
    { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false },
  );
  return first;
}
