import type { Admission, Metering, Price, Settled } from "../credits/metering.ts";
import type { Failure } from "../errors.ts";
import { fingerprintOf } from "../fingerprint.ts";
import type { Used } from "./work.ts";

interface SettlerDeps {
  metering: Pick<Metering, "settle">;
  admission: Admission;
  price: Price | undefined;
  /** Bytes of the request's body. */
  requestSize: number;
  /** On `performance`'s clock. */
  startedAt: number;
  /** Keep the answer for the request's Idempotency-Key. */
  keepAnswer: boolean;
}

interface Ended {
  status: number;
  /** The body that was sent; of a stream, the assembled whole. */
  body: string;
  failure?: Failure | undefined;
}

/** Makes what ends a metered request: says to metering what was used and how it was answered. */
export const settler =
  ({ metering, admission, price, requestSize, startedAt, keepAnswer }: SettlerDeps) =>
  (used: Used, { status, body, failure }: Ended): Promise<Settled> => {
    const { upstreamMs, ...rest } = used;
    return metering.settle(admission, {
      ...rest,
      status,
      code: failure?.code,
      fingerprint: failure && fingerprintOf(failure, admission.request.route),
      model: price?.model ?? null,
      rType: price?.rType ?? null,
      durations: { total: Math.round(performance.now() - startedAt), upstream: upstreamMs },
      sizes: { request: requestSize, response: Buffer.byteLength(body) },
      ...(keepAnswer && used.kind === "captured" && { answer: { status, body } }),
    });
  };
