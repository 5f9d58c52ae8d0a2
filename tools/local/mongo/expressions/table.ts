import { arithmeticOperators } from "./arithmetic.ts";
import { logicOperators } from "./logic.ts";
import type { Operators } from "./operator.ts";

/** Every expression operator by name. */
export const operators: Operators = {
  ...arithmeticOperators,
  ...logicOperators,
};
