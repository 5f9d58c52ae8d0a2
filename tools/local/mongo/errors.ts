import type { Doc } from "./values/codec.ts";

/** MongoDB's error names and numbers, from the server's error_codes.yml; only those the embedded server raises. */
export const errorCodes = {
  InternalError: 1,
  BadValue: 2,
  NoSuchKey: 4,
  GraphContainsCycle: 5,
  FailedToParse: 9,
  Unauthorized: 13,
  TypeMismatch: 14,
  Overflow: 15,
  InvalidLength: 16,
  AuthenticationFailed: 18,
  IllegalOperation: 20,
  InvalidBSON: 22,
  AlreadyInitialized: 23,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  PathNotViable: 28,
  ConflictingUpdateOperators: 40,
  CursorNotFound: 43,
  NamespaceExists: 48,
  DollarPrefixedFieldName: 52,
  InvalidIdField: 53,
  NotSingleValueField: 54,
  EmptyFieldName: 56,
  DottedFieldName: 57,
  CommandNotFound: 59,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  IndexAlreadyExists: 68,
  InvalidOptions: 72,
  InvalidNamespace: 73,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  DocumentValidationFailure: 121,
  CommandNotSupported: 115,
  ViewDepthLimitExceeded: 165,
  CommandNotSupportedOnView: 166,
  OptionNotSupportedOnView: 167,
  InvalidPipelineOperator: 168,
  InvalidIndexSpecificationOption: 197,
  QueryPlanKilled: 175,
  CannotIndexParallelArrays: 171,
  TransactionTooOld: 225,
  NotImplemented: 238,
  ConversionFailure: 241,
  NoSuchTransaction: 251,
  OperationNotSupportedInTransaction: 263,
  BSONObjectTooLarge: 10334,
  DuplicateKey: 11000,
  OutOfDiskSpace: 14031,
  UnsupportedOpQueryCommand: 352,
  NoQueryExecutionPlans: 291,
  APIStrictError: 323,
  NotARetryableWriteCommand: 50768,
  FailPointSetFailed: 93,
  IDLFailedToParse: 40414,
  IDLUnknownField: 40415,
  APIVersionError: 322,
  UnknownError: 8,
  MaxTimeMSExpired: 50,
  HostUnreachable: 6,
  HostNotFound: 7,
  NetworkTimeout: 89,
  ShutdownInProgress: 91,
  PrimarySteppedDown: 189,
  ExceededTimeLimit: 262,
  SocketException: 9001,
  NotWritablePrimary: 10107,
  InterruptedAtShutdown: 11600,
  InterruptedDueToReplStateChange: 11602,
  NotPrimaryNoSecondaryOk: 13435,
  NotPrimaryOrSecondary: 13436,
} as const;

const names = new Map<number, string>(
  Object.entries(errorCodes).map(([name, code]) => [code, name]),
);

/** A name of the table, or a bare number, which MongoDB names `Location<number>`. */
export type ErrorName = keyof typeof errorCodes | number;

/** A failure that a client sees as MongoDB's own: number, name, message and extra fields of the reply. */
export class ServerError extends Error {
  readonly code: number;
  readonly codeName: string;
  readonly details?: Doc;

  constructor(error: ErrorName, message: string, details?: Doc) {
    super(message);
    this.name = "ServerError";
    this.code = typeof error === "number" ? error : errorCodes[error];
    this.codeName = names.get(this.code) ?? `Location${error}`;
    if (details !== undefined) this.details = details;
  }
}

/** Throws a {@link ServerError}. */
export function fail(error: ErrorName, message: string, details?: Doc): never {
  throw new ServerError(error, message, details);
}
