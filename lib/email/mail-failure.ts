/** Why a mail could not be handed over. */
export type MailFailureClass =
  /** We may not send: wrong or missing credentials, or sending is not set up or was stopped. */
  | "authentication"
  | "throttled"
  /** This address, or this mail, will never be taken. */
  | "rejected_address"
  | "timeout"
  /** The mail service could not be reached, or is ailing. */
  | "network";

/** A mail was not handed over. The message names no address; `cause` is the service's own error. */
export class MailFailure extends Error {
  readonly class: MailFailureClass;
  /** Whether trying again is useless. */
  readonly permanent: boolean;

  constructor(mailClass: MailFailureClass, cause: unknown) {
    super(`the mail service refused or failed: ${mailClass}`, { cause });
    this.name = "MailFailure";
    this.class = mailClass;
    this.permanent = mailClass === "rejected_address";
  }
}

/**
 * Error names of SES, and of the AWS SDK before it gets there.
 * https://docs.aws.amazon.com/ses/latest/APIReference/CommonErrors.html
 */
const classes = new Map<string | undefined, MailFailureClass>(
  Object.entries({
    MessageRejected: "rejected_address",
    InvalidParameterValue: "rejected_address",
    InvalidParameterValueException: "rejected_address",
    Throttling: "throttled",
    ThrottlingException: "throttled",
    TooManyRequestsException: "throttled",
    LimitExceededException: "throttled",
    RequestLimitExceeded: "throttled",
    AbortError: "timeout",
    TimeoutError: "timeout",
    RequestTimeout: "timeout",
    RequestTimeoutException: "timeout",
  } as const),
);

/** The class of whatever the AWS SDK threw, by its name and status, never by its text. */
export function mailFailure(error: unknown): MailFailure {
  const { name, $metadata } = error as {
    name?: string;
    $metadata?: { httpStatusCode?: number };
  };
  const known = classes.get(name);
  if (known) return new MailFailure(known, error);
  const status = $metadata?.httpStatusCode;
  if (status === 429) return new MailFailure("throttled", error);
  // What SES refuses and is not about this mail is about us: keys, policies, identities, a pause.
  const refused = status !== undefined && status >= 400 && status < 500;
  const withoutKeys = name === "CredentialsProviderError";
  return new MailFailure(refused || withoutKeys ? "authentication" : "network", error);
}
