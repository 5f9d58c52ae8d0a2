import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { exportStore } from "./accounts/export-store.ts";
import { ownerStore } from "./accounts/owner-store.ts";
import { profileStore } from "./accounts/profile-store.ts";
import { removalStore } from "./accounts/removal-store.ts";
import { accountStore } from "./accounts/store.ts";
import { addressGuard } from "./addresses/guard.ts";
import { ruleStore } from "./addresses/store.ts";
import { admit } from "./credits/admit.ts";
import { auditStore } from "./credits/audit-store.ts";
import { gateStore } from "./credits/gate.ts";
import type { Metering } from "./credits/metering.ts";
import { settle } from "./credits/settle.ts";
import { settlementStore } from "./credits/settlement-store.ts";
import { sweepStore } from "./credits/sweep-store.ts";
import { databaseClock } from "./db/clock.ts";
import { clientOptions, openDatabase } from "./db/connection.ts";
import { codeStore } from "./email/code-store.ts";
import { mailRoom } from "./email/mail-room.ts";
import { oneTimeCodes } from "./email/one-time-code.ts";
import { outboxStore } from "./email/outbox-store.ts";
import { redemptionStore } from "./email/redemption-store.ts";
import { sesTransport } from "./email/ses.ts";
import { readEnv } from "./env.ts";
import { endpointBuilder } from "./http/endpoint.ts";
import { fileBuilder } from "./http/file.ts";
import { sessionGuard } from "./http/guards/session.ts";
import { sessionOrKeyGuard } from "./http/guards/session-or-key.ts";
import { staffGuard } from "./http/guards/staff.ts";
import { staffAddressGuard } from "./http/guards/staff-address.ts";
import { meteredBuilder } from "./http/metered.ts";
import { idempotencyStore } from "./idempotency/record.ts";
import { jobBuilder } from "./job.ts";
import { leaseStore } from "./jobs/lease-store.ts";
import { keyStore } from "./keys/store.ts";
import { createLog } from "./logger.ts";
import { recordCount, recordJob, recordMail, recordRequest, recordUse } from "./metrics.ts";
import { overviewStore } from "./monitoring/overview-store.ts";
import { readParameter } from "./parameters.ts";
import { searchClient } from "./research/search.ts";
import { derivedKeys } from "./security/derived-key.ts";
import { eventLogStore } from "./security/event-log-store.ts";
import { eventStore } from "./security/event-store.ts";
import { passwordHasher } from "./security/password.ts";
import { throttleStore } from "./security/throttle/store.ts";
import { totpVault } from "./security/totp.ts";
import { sessionStore } from "./sessions/store.ts";
import { baseSettings, environmentSettings } from "./settings/environment.ts";
import { settingsReader } from "./settings/reader.ts";
import { settingsStore } from "./settings/store.ts";
import { staffDirectory } from "./staff/directory-store.ts";
import { reportStore } from "./staff/reports/report-store.ts";
import { staffSessionStore } from "./staff/session-store.ts";
import { staffStore } from "./staff/store.ts";
import { totpStore } from "./staff/totp-store.ts";
import { userListStore } from "./staff/users/list-store.ts";
import { postingStore } from "./staff/users/posting-store.ts";
import { recordStore } from "./staff/users/record-store.ts";
import { userStore } from "./staff/users/user-store.ts";
import { providerCheck } from "./upstream/check-providers.ts";
import { upstreamClient } from "./upstream/client.ts";
import { providersOf } from "./upstream/provider.ts";
import { dayStore } from "./usage/day-store.ts";
import { usageEventStore } from "./usage/event-store.ts";
import { hourStore } from "./usage/hour-store.ts";
import { noUsage } from "./usage/no-usage.ts";
import { usageRecorder } from "./usage/request-usage.ts";
import { statisticsStore } from "./usage/statistics-store.ts";

/**
 * Composition root: each part under its own name, so that a function bundles only what it names.
 * A part that a bundler may leave out is made inside a function marked as pure.
 */

export const env = readEnv();

const log = createLog(env.LOG_LEVEL);

const parameter = (name: string): Promise<string> =>
  readParameter(name, {
    port: env.PARAMETERS_SECRETS_EXTENSION_HTTP_PORT,
    token: env.AWS_SESSION_TOKEN ?? "",
  });

const secretValue = (value: string | undefined, name: string | undefined): Promise<string> =>
  value === undefined ? parameter(name ?? "") : Promise.resolve(value);

export const database = /* @__PURE__ */ (() =>
  openDatabase({
    name: env.MONGODB_DATABASE,
    uri: () => secretValue(env.MONGODB_URI, env.MONGODB_URI_PARAMETER),
  }))();

/** The database for jobs, whose statements may take a minute. */
export const jobDatabase = /* @__PURE__ */ (() =>
  openDatabase({
    name: env.MONGODB_DATABASE,
    uri: () => secretValue(env.MONGODB_URI, env.MONGODB_URI_PARAMETER),
    options: { ...clientOptions, socketTimeoutMS: 60_000 },
  }))();

export const clock = /* @__PURE__ */ (() => databaseClock(database))();

/** Keys derived from the server's secret, by purpose. */
export const secretKeys = /* @__PURE__ */ (() =>
  derivedKeys(() => secretValue(env.TOKEN_SECRET, env.TOKEN_SECRET_PARAMETER)))();

/** What is stored of the settings, and what holds where nothing is. */
export const settingsRecords = /* @__PURE__ */ (() => settingsStore(database))();
export const settingsBase = /* @__PURE__ */ (() => baseSettings(environmentSettings(env)))();

export const settings = /* @__PURE__ */ (() =>
  settingsReader({ store: settingsRecords, environment: environmentSettings(env) }))();

export const addressRules = /* @__PURE__ */ (() => ruleStore(database))();

/** The address rules as every request is judged by them. */
export const addresses = /* @__PURE__ */ (() => addressGuard({ store: addressRules }))();

export const accounts = /* @__PURE__ */ (() => accountStore(database))();

export const profiles = /* @__PURE__ */ (() => profileStore(database))();

/** Changes that need the password. */
export const owners = /* @__PURE__ */ (() => ownerStore(database))();

export const ownRecords = /* @__PURE__ */ (() => exportStore(database))();

export const throttle = /* @__PURE__ */ (() => throttleStore(database))();

export const events = /* @__PURE__ */ (() => eventStore(database))();

export const passwords = /* @__PURE__ */ (() => passwordHasher())();

export const sessions = /* @__PURE__ */ (() => sessionStore(database))();

export const session = /* @__PURE__ */ (() => sessionGuard({ sessions, settings, addresses }))();

export const staffSessions = /* @__PURE__ */ (() => staffSessionStore(database))();

export const staff = /* @__PURE__ */ (() =>
  staffGuard({ sessions: staffSessions, settings, addresses }))();

/** What staff does to accounts, how it finds them, and what is kept of them. */
export const users = /* @__PURE__ */ (() => userStore(database))();

export const userLists = /* @__PURE__ */ (() => userListStore(database))();

export const userRecords = /* @__PURE__ */ (() => recordStore(database))();

export const postings = /* @__PURE__ */ (() => postingStore(database))();

export const eventLog = /* @__PURE__ */ (() => eventLogStore(database))();

export const reports = /* @__PURE__ */ (() => reportStore(database))();

/** Members of staff as they come to be and sign in. */
export const members = /* @__PURE__ */ (() => staffStore(database))();

/** Members of staff as others manage them. */
export const directory = /* @__PURE__ */ (() => staffDirectory(database))();

export const totp = /* @__PURE__ */ (() => totpVault(secretKeys))();

export const factors = /* @__PURE__ */ (() => totpStore(database))();

/** Of where staff sign in. */
export const staffAddress = /* @__PURE__ */ (() => staffAddressGuard(addresses))();

export const keys = /* @__PURE__ */ (() => keyStore(database))();

export const outbox = /* @__PURE__ */ (() => outboxStore(database))();

export const codes = /* @__PURE__ */ (() => oneTimeCodes(secretKeys))();

export const codeRecords = /* @__PURE__ */ (() => codeStore(database))();

export const redemptions = /* @__PURE__ */ (() => redemptionStore(database))();

export const mailer = /* @__PURE__ */ (() =>
  mailRoom({
    transport:
      env.MAIL_FROM === undefined
        ? undefined
        : sesTransport({ from: env.MAIL_FROM, endpoint: env.SES_ENDPOINT }),
    codes,
    store: codeRecords,
    outbox,
    settings,
    log,
    record: recordMail,
    appUrl: env.APP_URL,
  }))();

/** Resolves after some milliseconds. */
export const pause: (milliseconds: number) => Promise<unknown> = setTimeout;

/** The gate before a metered request, and the charge after it. */
const metering: Metering = /* @__PURE__ */ (() => {
  const deps = {
    gate: gateStore(database),
    answers: idempotencyStore(database),
    settlements: settlementStore(database),
    settings,
    addresses,
    count: recordCount,
    pause,
  };
  return {
    admit: (input) => admit(deps, input),
    settle: async (admission, outcome) => {
      const settled = await settle(deps, admission, outcome);
      const { model, tokens } = outcome;
      if (admission.hold) recordUse({ model, credits: settled.credits, tokens });
      return settled;
    },
  };
})();

/** Open to sessions, and to API keys at no cost. */
export const sessionOrKey = /* @__PURE__ */ (() => sessionOrKeyGuard({ session, metering }))();

/** The end of what crashed requests hold. */
export const sweeping = /* @__PURE__ */ (() => ({
  sweeps: sweepStore(database),
  settlements: settlementStore(database),
  answers: idempotencyStore(database),
  count: recordCount,
  log,
}))();

export const audits = /* @__PURE__ */ (() => auditStore(database))();

/** The comparison of all accounts with their ledgers. */
export const auditing = /* @__PURE__ */ (() => ({
  audits,
  count: recordCount,
  log,
}))();

/** The counting of usage by the hour. */
export const aggregating = /* @__PURE__ */ (() => ({
  leases: leaseStore(jobDatabase),
  hours: hourStore(jobDatabase),
  count: recordCount,
  log,
}))();

/** The adding up of hours to days. */
export const rollingUp = /* @__PURE__ */ (() => ({
  leases: leaseStore(jobDatabase),
  days: dayStore(jobDatabase),
  pause,
}))();

/** How the service as a whole stands. */
export const overview = /* @__PURE__ */ (() => overviewStore(database))();

/** Usage as it was counted, and what came after. */
export const statistics = /* @__PURE__ */ (() => statisticsStore(database))();

export const removals = /* @__PURE__ */ (() => removalStore(database))();

export const job = /* @__PURE__ */ (() => jobBuilder({ log, record: recordJob }))();

const chain = {
  log,
  record: recordRequest,
  newId: randomUUID,
  corsOrigins: env.CORS_ORIGINS,
  trustedProxies: env.TRUSTED_PROXIES,
  errorsUrl: env.ERRORS_URL,
};

/** What writes the usage events of requests that are not metered. */
const openUsage = /* @__PURE__ */ (() =>
  usageRecorder({ events: usageEventStore(database), count: recordCount, pause }))();

export const endpoint = /* @__PURE__ */ (() =>
  endpointBuilder({ ...chain, openUsage, addresses }))();

/** The builder of endpoints that know nobody and are open to every address: their functions have no database. */
export const publicEndpoint = /* @__PURE__ */ (() =>
  endpointBuilder({ ...chain, openUsage: noUsage }))();

export const textFile = /* @__PURE__ */ (() => fileBuilder({ ...chain, openUsage: noUsage }))();

/** The builder of endpoints for API keys, which are metered. */
export const metered = /* @__PURE__ */ (() =>
  meteredBuilder({ ...chain, openUsage, addresses, metering, settings }))();

/** Those that answer for models, in the order in which they are asked. */
export const providers = /* @__PURE__ */ (() =>
  providersOf({
    settings,
    environment: {
      url: env.UPSTREAM_URL,
      key: env.UPSTREAM_API_KEY,
      keyParameter: env.UPSTREAM_API_KEY_PARAMETER,
    },
    readParameter: parameter,
  }))();

/** The models behind the service. */
export const upstream = /* @__PURE__ */ (() => upstreamClient({ log, providers }))();

/** Whether the providers of models answer. */
export const checkProviders = /* @__PURE__ */ (() =>
  providerCheck({
    providers,
    model: async () => (await settings.current()).levels.low.model,
  }))();

/** Where research looks; undefined if nothing is set up. */
export const search = /* @__PURE__ */ (() =>
  env.SEARCH_URL === undefined
    ? undefined
    : searchClient({
        url: env.SEARCH_URL,
        key: async () =>
          env.SEARCH_API_KEY ??
          (env.SEARCH_API_KEY_PARAMETER && parameter(env.SEARCH_API_KEY_PARAMETER)),
      }))();
