import { arithmeticOperators } from "./arithmetic.ts";
import { arrayOperators } from "./arrays.ts";
import { conversionOperators } from "./conversion.ts";
import { dateArithmeticOperators } from "./date-arithmetic.ts";
import { datePartOperators } from "./date-parts.ts";
import { dateTextOperators } from "./date-text.ts";
import { iterationOperators } from "./iteration.ts";
import { logicOperators } from "./logic.ts";
import { mathOperators } from "./math.ts";
import { objectOperators } from "./objects.ts";
import type { Operators } from "./operator.ts";
import { regexOperators } from "./regexes.ts";
import { setOperators } from "./sets.ts";
import { statisticOperators } from "./statistics.ts";
import { stringOperators } from "./strings.ts";

/** Every expression operator by name. */
export const operators: Operators = {
  ...arithmeticOperators,
  ...arrayOperators,
  ...conversionOperators,
  ...dateArithmeticOperators,
  ...datePartOperators,
  ...dateTextOperators,
  ...iterationOperators,
  ...logicOperators,
  ...mathOperators,
  ...objectOperators,
  ...regexOperators,
  ...setOperators,
  ...statisticOperators,
  ...stringOperators,
};
