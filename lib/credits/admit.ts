import type { AddressGuard } from "../addresses/guard.ts";
import { Failure, type FailureCode } from "../errors.ts";
import { fingerprintOf } from "../fingerprint.ts";
import { type IdempotencyStore, idempotencyHash, recordId } from "../idempotency/record.ts";
import { addressDigits } from "../keys/cidr.ts";
import type { SettingsReader } from "../settings/reader.ts";
import type { Settings } from "../settings/rules.ts";
import { type EventSubject, idleEvent } from "../usage/request-event.ts";
import type { Gated, GateStore } from "./gate.ts";
import type { GateTake } from "./gate-statement.ts";
import { limitHeaders } from "./limit-headers.ts";
import { limitsOf, withGivenBack } from "./limits.ts";
import type { Admission, AdmitInput, StoredAnswer } from "./metering.ts";
import { type Refused, refusal } from "./refusal.ts";
import { judge, liveKey, type PlanLimits, type RateClass } from "./rules.ts";
import { type SettleDeps, settled } from "./settle.ts";

/** Milliseconds that a hold lives longer than its function may run. */
const grace = 60_000;

export interface AdmitDeps extends SettleDeps {
  gate: GateStore;
  answers: IdempotencyStore;
  settings: SettingsReader;
  addresses: Pick<AddressGuard, "lets">;
}

/** Reasons that stand behind the look for an answer: who was answered before is answered again. */
const afterAnswers = new Set<Refused>([
  "in-progress",
  "other-body",
  "conversations",
  "credits",
  "cap",
  "open",
]);

/** Decides on a request and takes what it costs. @throws Failure of the refusal; its usage event is written then */
export async function admit(deps: AdmitDeps, input: AdmitInput): Promise<Admission> {
  const startedAt = performance.now();
  const { request, token } = input;
  // Told by the gate, after the key: who has none is not to learn whose rules shut out whom.
  const [settings, letIn] = await Promise.all([
    deps.settings.current(),
    deps.addresses.lets({ account: token.accountId }, request.ip),
  ]);
  const take = takeOf(input, settings, letIn);
  const gated = await deps.gate.take(token.accountId, take);
  const { account, hold, now } = gated ?? {};
  const key = gated && keyOf(gated, take);
  if (!gated || !account || !now || !key) throw new Failure("INVALID_API_KEY");
  request.usage?.of({ account, key, now });

  const refused = gated.admitted ? undefined : judge(account, take, now);
  if (refused === "admitted") throw new Error("the gate and its rule disagree");
  const limits = limitsOf(account, key, take, now);
  const admission = { account, key, request, hold, now, limits, replay: undefined };
  const end = (ending: Ending) => close(deps, admission, { ...ending, startedAt });
  const earlier =
    take.idempotency && (refused ? afterAnswers.has(refused) : hold)
      ? await earlierAnswer(deps, account._id, take.idempotency)
      : undefined;
  const left = hold ? withGivenBack(limits, hold) : limits;
  if (earlier?.replay) {
    await end({ outcome: "replayed", status: earlier.replay.status });
    return { ...admission, limits: left, replay: earlier.replay };
  }
  const failure = earlier
    ? new Failure(earlier.code, { headers: limitHeaders(left) })
    : refused && refusal(refused, { account, request: take, now, limits });
  if (!failure) return admission;
  await end({
    outcome: "refused",
    status: failure.status,
    code: failure.code,
    fingerprint: fingerprintOf(failure, request.route),
  });
  throw failure;
}

function takeOf(input: AdmitInput, settings: Settings, letIn: boolean): GateTake {
  const { request, token, scope, rateClass, price, timeoutMs, idempotency } = input;
  return {
    id: request.id,
    keyId: token.id,
    hash: token.hash,
    scope,
    rateClass,
    address: addressDigits(request.ip) ?? "",
    shutOut: !letIn,
    price,
    idempotency: idempotency && {
      key: idempotencyHash(request.route, idempotency.key),
      body: idempotency.body,
    },
    verificationRequired: settings.verification.required,
    plans: plansFor(settings, rateClass),
    endpoint: request.route,
    ip: request.ip,
    model: price?.model,
    holdMs: timeoutMs + grace,
  };
}

const plansFor = ({ plans }: Settings, rateClass: RateClass): Record<string, PlanLimits> =>
  Object.fromEntries(
    Object.entries(plans).map(([name, { rate, openAtOnce }]) => [
      name,
      { rate: rate[rateClass], openAtOnce },
    ]),
  );

/** The key of a request; of one that is admitted also if it has ended since. */
const keyOf = ({ admitted, account, now }: Gated, take: GateTake) =>
  admitted
    ? account.keys.find(({ id }) => id.toHexString() === take.keyId)
    : liveKey(account, take, now);

type Earlier = { replay: StoredAnswer; code?: never } | { replay?: never; code: FailureCode };

async function earlierAnswer(
  { answers }: Pick<AdmitDeps, "answers">,
  account: Gated["account"]["_id"],
  { key, body }: NonNullable<GateTake["idempotency"]>,
): Promise<Earlier | undefined> {
  const record = await answers.find(recordId(account, key));
  if (!record) return undefined;
  if (record.body !== body) return { code: "IDEMPOTENCY_KEY_REUSED" };
  return record.answer ? { replay: record.answer } : { code: "IDEMPOTENCY_ANSWER_TOO_LARGE" };
}

interface Ending {
  outcome: "refused" | "replayed";
  status: number;
  code?: FailureCode;
  fingerprint?: string;
}

/** Records a request that did nothing, and gives back what was taken for it. */
function close(
  deps: SettleDeps,
  who: EventSubject & Pick<Admission, "hold">,
  { startedAt, ...ending }: Ending & { startedAt: number },
): Promise<unknown> {
  const duration = Math.round((performance.now() - startedAt) * 10) / 10;
  const event = idleEvent(who, { ...ending, duration });
  const settlement = { event, held: who.hold !== undefined, record: undefined, messages: [] };
  return settled(deps, settlement, who.request.log);
}
