/**
 * A value from outside as a constant of an aggregation expression. Without it a text such as
 * `$balance` would be read as a field, and an object with a key `$add` as an expression.
 */
export const literal = <Value>(value: Value): { $literal: Value } => ({ $literal: value });
