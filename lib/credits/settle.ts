import { BSON } from "mongodb";
import { isRefused } from "../db/refused.ts";
import { keepable, recordId } from "../idempotency/record.ts";
import type { Log } from "../logger.ts";
import { keptMessages, type StoredMessage } from "../messages/message-log.ts";
import type { RecordCount } from "../metrics.ts";
import type { MeteredFacts } from "../usage/event.ts";
import { settledEvent } from "../usage/request-event.ts";
import type { Admission, Outcome, Settled } from "./metering.ts";
import type { Settlement, SettlementStore } from "./settlement-store.ts";

/** Milliseconds for which a settlement is tried; then the answer goes out without it. */
const triedFor = 5_000;

export interface SettleDeps {
  settlements: Pick<SettlementStore, "settle">;
  count: RecordCount;
  pause: (milliseconds: number) => Promise<unknown>;
}

/** Charges and records how an admitted request ended. A replay is settled already. Never throws. */
export async function settle(
  deps: SettleDeps,
  admission: Admission,
  outcome: Outcome,
): Promise<Settled> {
  if (admission.replay) return { recorded: true, late: false, credits: 0 };
  const { hold, request } = admission;
  const event = settledEvent(admission, outcome);
  const settlement = {
    event,
    held: hold !== undefined,
    record: recordOf(admission, outcome, event),
    messages: admission.account.logMessages ? keptMessages(messagesOf(admission, outcome)) : [],
  };
  return settled(deps, settlement, request.log);
}

/** Writes a settlement, again and again for 5 s. What could not be written then stands in the log, whole. */
export async function settled(
  { settlements, count, pause }: SettleDeps,
  settlement: Settlement,
  log: Log,
): Promise<Settled> {
  const until = performance.now() + triedFor;
  for (let wait = 100; ; wait *= 2) {
    try {
      const left = Math.max(wait, until - performance.now());
      const event = await settlements.settle(settlement, left);
      const late = event.outcome === "abandoned" && settlement.event.outcome !== "abandoned";
      if (late) count("SettlesLate", 1);
      const { allowance, balance } = event.credits;
      return { recorded: true, late, credits: allowance + balance };
    } catch (error) {
      // The event itself; any other step is met with the event in place when it is tried again.
      const again = !isRefused(error, settlement.record ? 1 : 0);
      if (again && performance.now() + wait < until) {
        await pause(wait);
        continue;
      }
      count("SettlesFailed", 1);
      const { event, held } = settlement;
      log.error("settle failed", { error, event: BSON.EJSON.stringify(event), held });
      return { recorded: false, late: false, credits: 0 };
    }
  }
}

/** What is kept for the request's Idempotency-Key: nothing unless something was charged. */
function recordOf(
  { account, hold }: Admission,
  { kind, answer }: Outcome,
  event: MeteredFacts,
): Settlement["record"] {
  const idempotency = hold?.idempotency;
  if (!idempotency || kind === "failed") return undefined;
  return {
    _id: recordId(account._id, idempotency.key),
    account: account._id,
    request: event._id,
    body: idempotency.body,
    ...keepable(answer),
    event,
  };
}

const messagesOf = (
  { account, request, now }: Admission,
  { messages = [] }: Outcome,
): StoredMessage[] =>
  messages.map((message, place) => ({
    _id: `${request.id}:${message.task ?? place}`,
    account: account._id,
    username: account.username,
    email: account.email,
    model: message.model,
    ...(message.rType !== null && { rType: message.rType }),
    research: message.research,
    messages: JSON.stringify({ request: message.request, response: message.response }),
    tokens: message.tokens,
    duration: message.duration,
    ip: request.ip,
    at: now,
  }));
