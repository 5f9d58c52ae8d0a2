import { fail } from "../errors.ts";
import type { Verbosity } from "../planner.ts";
import type { Value } from "../values/codec.ts";
import { type Command, command } from "./command.ts";
import { object, required, withDefault } from "./fields.ts";

const VERBOSITIES: readonly Verbosity[] = ["queryPlanner", "executionStats", "allPlansExecution"];

const verbosityOf = (value: Value): Verbosity =>
  VERBOSITIES.find((verbosity) => verbosity === value) ??
  fail(
    "BadValue",
    `Enumeration value '${value}' for field 'explain.verbosity' is not a valid value.`,
  );

/** explain runs nothing: it asks the explained command how it would go about it. */
export const explainCommand = (find: (name: string) => Command | undefined): Command =>
  command({
    name: "explain",
    reads: true,
    fields: {
      explain: required(object),
      verbosity: withDefault(verbosityOf, "allPlansExecution"),
    },
    run: ({ explain: body, verbosity }, request) => {
      const name = Object.keys(body)[0] ?? "";
      const explained = find(name);
      if (!explained)
        return fail("CommandNotFound", `Explain failed due to unknown command: ${name}`);
      if (!explained.explain) return fail("IllegalOperation", `Cannot explain cmd: ${name}`);
      return {
        ...explained.explain({ ...request, body, retryLog: undefined }, verbosity),
        command: { ...body, $db: request.db },
      };
    },
  });
