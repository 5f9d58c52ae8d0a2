import { isIP } from "node:net";
import type { APIGatewayProxyEvent } from "aws-lambda";

/**
 * The address a request came from: the gateway's own observation, or, behind `trustedProxies`
 * proxies that each append to X-Forwarded-For, the entry that the outermost of them wrote.
 * Entries further left were sent by the client and prove nothing.
 */
export function clientAddress(
  event: Pick<APIGatewayProxyEvent, "headers" | "requestContext">,
  trustedProxies: number,
): string {
  const observed = event.requestContext.identity.sourceIp;
  if (trustedProxies === 0) return observed;
  const chain = (event.headers["x-forwarded-for"] ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  // API Gateway appends what it observed; other gateways may not.
  if (chain.at(-1) !== observed) chain.push(observed);
  const claimed = chain[Math.max(0, chain.length - 1 - trustedProxies)] ?? observed;
  return isIP(claimed) === 0 ? observed : claimed;
}
