/** Faults that tests ask for with `configureFailPoint`, as MongoDB's test servers have them. */
import { fail } from "./errors.ts";
import { type Doc, isDoc, toNumber, type Value } from "./values/codec.ts";

/** What `failCommand` does to a command, in this order: wait, cut the connection, fail. */
export type CommandFault = {
  blockMs: number;
  closeConnection: boolean;
  errorCode: number | undefined;
  /** Added to the reply of a command that was applied. */
  writeConcernError: Doc | undefined;
  /** Replace the error labels the server would give by itself. */
  labels: Value[] | undefined;
};

type FailPoint = {
  /** Matching commands to let pass before the next fault. */
  skip: number;
  /** Faults still to come. */
  times: number;
  data: Doc;
  fired: number;
};

const NAMES = ["failCommand", "onPrimaryTransactionalWrite", "maxTimeAlwaysTimeOut"] as const;

type Name = (typeof NAMES)[number];

export type FailPoints = ReturnType<typeof createFailPoints>;

/** The fail points of one server; all are off at first. */
export const createFailPoints = () => {
  const points = new Map<Name, FailPoint>();

  /** The data of the fail point if it strikes now. */
  const strike = (name: Name, matches: (data: Doc) => boolean): Doc | undefined => {
    const point = points.get(name);
    if (!point || point.times === 0 || !matches(point.data)) return undefined;
    if (point.skip > 0) {
      point.skip--;
      return undefined;
    }
    point.times--;
    point.fired++;
    return point.data;
  };

  return {
    /**
     * Sets a fail point and returns how often the one it replaces has struck.
     * @throws ServerError if name, mode or data are not understood.
     */
    configure: (wanted: string, mode: Value, data: Doc): number => {
      const name =
        NAMES.find((known) => known === wanted) ??
        fail("FailPointSetFailed", `${wanted} not found`);
      const fired = points.get(name)?.fired ?? 0;
      const set = readMode(mode);
      if (name === "failCommand" && set.times > 0) checkFailCommand(data);
      points.set(name, { ...set, data, fired });
      return fired;
    },

    /** The fault of a command by `failCommand`, if one strikes it. */
    onCommand: (command: string, namespace: string, appName: string | undefined) => {
      if (points.size === 0 || command === "configureFailPoint") return undefined;
      const data = strike(
        "failCommand",
        (wanted) =>
          Array.isArray(wanted.failCommands) &&
          wanted.failCommands.includes(command) &&
          (wanted.appName === undefined || wanted.appName === appName) &&
          (wanted.namespace === undefined || wanted.namespace === namespace),
      );
      return data && commandFault(data);
    },

    /** Whether `maxTimeAlwaysTimeOut` ends a command that has a maxTimeMS. */
    onTimedCommand: (): boolean => strike("maxTimeAlwaysTimeOut", () => true) !== undefined,

    /**
     * `onPrimaryTransactionalWrite` strikes retryable writes. By default the write is applied and
     * its reply is lost with the connection; with `failBeforeCommitExceptionCode` it fails unapplied.
     */
    onRetryableWrite: (): { code: number | undefined; closeConnection: boolean } | undefined => {
      const data = strike("onPrimaryTransactionalWrite", () => true);
      if (!data) return undefined;
      const { failBeforeCommitExceptionCode: code, closeConnection } = data;
      return {
        code: code === undefined ? undefined : toNumber(code),
        closeConnection: closeConnection !== false,
      };
    },
  };
};

const readMode = (mode: Value): { skip: number; times: number } => {
  if (mode === "off") return { skip: 0, times: 0 };
  if (mode === "alwaysOn") return { skip: 0, times: Number.POSITIVE_INFINITY };
  if (isDoc(mode)) {
    const [[key, value] = [], ...rest] = Object.entries(mode);
    const count = value === undefined ? Number.NaN : toNumber(value);
    if (rest.length === 0 && Number.isInteger(count) && count >= 0) {
      if (key === "times") return { skip: 0, times: count };
      if (key === "skip") return { skip: count, times: Number.POSITIVE_INFINITY };
    }
  }
  return fail(
    "BadValue",
    "the mode of a fail point must be 'off', 'alwaysOn', { times: n } or { skip: n }",
  );
};

const FAIL_COMMAND_FIELDS = [
  "failCommands",
  "appName",
  "namespace",
  "closeConnection",
  "errorCode",
  "errorLabels",
  "writeConcernError",
  "blockConnection",
  "blockTimeMS",
];

const checkFailCommand = (data: Doc): void => {
  const unknown = Object.keys(data).find((field) => !FAIL_COMMAND_FIELDS.includes(field));
  if (unknown) fail("BadValue", `failCommand does not know the data field '${unknown}'`);
  if (!Array.isArray(data.failCommands)) {
    fail("BadValue", "failCommand needs the array 'failCommands' in its data");
  }
  if (data.blockConnection === true && data.blockTimeMS === undefined) {
    fail("InvalidOptions", "must specify 'blockTimeMS' when 'blockConnection' is true");
  }
};

const commandFault = (data: Doc): CommandFault => {
  const { blockTimeMS, errorCode, errorLabels, writeConcernError } = data;
  return {
    blockMs: data.blockConnection === true && blockTimeMS !== undefined ? toNumber(blockTimeMS) : 0,
    closeConnection: data.closeConnection === true,
    errorCode: errorCode === undefined ? undefined : toNumber(errorCode),
    writeConcernError: isDoc(writeConcernError) ? writeConcernError : undefined,
    labels: Array.isArray(errorLabels) ? errorLabels : undefined,
  };
};
