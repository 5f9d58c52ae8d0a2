import type { Env } from "../../lib/env.ts";
import type { Provider } from "../../lib/upstream/provider.ts";
import { bad, type Finding, good, off, reasonOf, unseen } from "./finding.ts";

/** Milliseconds that another service may take to answer. */
const bound = 5_000;

/** Whether the server's secrets are there; a parameter can only be read on Lambda. */
export function checkSecrets(env: Env): Finding[] {
  const secrets = ["TOKEN_SECRET", "UPSTREAM_API_KEY", "SEARCH_API_KEY"] as const;
  return secrets.flatMap((name) => {
    const parameter = env[`${name}_PARAMETER`];
    if (env[name] !== undefined) return [good(name, "is set")];
    if (parameter === undefined) return [];
    const command = `aws ssm get-parameter --with-decryption --name ${parameter}`;
    return [unseen(name, `is read on Lambda only; see for yourself: ${command}`)];
  });
}

/** Whether mail may be sent from the sender's address, or goes to a local inbox, or is off. */
export async function checkMail({
  MAIL_FROM,
  SES_ENDPOINT,
}: Pick<Env, "MAIL_FROM" | "SES_ENDPOINT">): Promise<Finding> {
  if (MAIL_FROM === undefined) return off("mail", "MAIL_FROM is not set, so none is sent");
  if (SES_ENDPOINT !== undefined) {
    return answers("mail", SES_ENDPOINT, {
      todo: "Start what SES_ENDPOINT names, or leave it empty for Amazon SES.",
    });
  }
  const domain = MAIL_FROM.slice(MAIL_FROM.lastIndexOf("@") + 1);
  try {
    const { GetIdentityVerificationAttributesCommand, SESClient } = await import(
      "@aws-sdk/client-ses"
    );
    const asked = new GetIdentityVerificationAttributesCommand({ Identities: [MAIL_FROM, domain] });
    const { VerificationAttributes = {} } = await new SESClient({}).send(asked, {
      abortSignal: AbortSignal.timeout(bound),
    });
    const verified = Object.entries(VerificationAttributes).find(
      ([, { VerificationStatus }]) => VerificationStatus === "Success",
    );
    if (verified) return good("mail", `${verified[0]} is verified with SES`);
    return bad(
      "mail",
      `neither ${MAIL_FROM} nor ${domain} is verified with SES`,
      `aws ses verify-domain-identity --domain ${domain}, and add the DNS record that it answers.`,
    );
  } catch (error) {
    return bad(
      "mail",
      `SES can't be asked: ${reasonOf(error)}`,
      "Set AWS_REGION and credentials that allow ses:GetIdentityVerificationAttributes, or leave MAIL_FROM empty.",
    );
  }
}

/** Whether each provider of models answers, and takes its key. */
export async function checkProviders(providers: readonly Provider[]): Promise<Finding[]> {
  if (providers.length === 0) {
    const todo = "Set UPSTREAM_URL and UPSTREAM_API_KEY, or providers in the settings.";
    return [bad("upstream", "no model is set up: every chat is refused", todo)];
  }
  return Promise.all(
    providers.map(async ({ name, url, key }) => {
      const title = `upstream ${name}`;
      const token = await key().catch(() => null);
      if (token === null) {
        return unseen(
          title,
          `${url}: its key is read on Lambda only; GET /v1/admin/health asks it`,
        );
      }
      const headers: Record<string, string> =
        token === undefined ? {} : { Authorization: `Bearer ${token}` };
      return answers(title, `${url}/models`, {
        headers,
        todo: `Check the provider's address (${url}) and key.`,
      });
    }),
  );
}

/** Whether an address answers in time and lets us in. What it says besides is its own business. */
async function answers(
  name: string,
  url: string,
  { headers = {}, todo }: { headers?: Record<string, string>; todo: string },
): Promise<Finding> {
  try {
    const { status } = await fetch(url, { headers, signal: AbortSignal.timeout(bound) });
    const refused = status === 401 || status === 403 || status >= 500;
    return refused ? bad(name, `${url} answers ${status}`, todo) : good(name, `${url} answers`);
  } catch (error) {
    return bad(name, `${url} does not answer: ${reasonOf(error)}`, todo);
  }
}
