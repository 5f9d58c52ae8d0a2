interface ExtensionOptions {
  /** Port of AWS's Parameters and Secrets extension inside the function; 2773 unless told. */
  port: number;
  /** The function's own session token, which the extension asks for. */
  token: string;
}

/** Milliseconds; the extension answers from its cache after the first time. */
const timeout = 3_000;

/**
 * Reads a parameter, decrypted, through AWS's Parameters and Secrets Lambda extension.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-integration-lambda-extensions.html
 * @throws Error naming the parameter, never its value
 */
export async function readParameter(
  name: string,
  { port, token }: ExtensionOptions,
): Promise<string> {
  const url = new URL(`http://localhost:${port}/systemsmanager/parameters/get`);
  url.search = new URLSearchParams({ name, withDecryption: "true" }).toString();
  const response = await fetch(url, {
    headers: { "X-Aws-Parameters-Secrets-Token": token },
    signal: AbortSignal.timeout(timeout),
  });
  if (!response.ok) throw new Error(`parameter ${name}: the extension answered ${response.status}`);
  const { Parameter } = (await response.json()) as { Parameter?: { Value?: unknown } };
  if (typeof Parameter?.Value !== "string") throw new Error(`parameter ${name} has no value`);
  return Parameter.Value;
}
