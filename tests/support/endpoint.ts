import type { AddressGuard } from "../../lib/addresses/guard.ts";
import { endpointBuilder } from "../../lib/http/endpoint.ts";
import type { Log } from "../../lib/logger.ts";
import { noUsage } from "../../lib/usage/no-usage.ts";

export interface LoggedLine {
  level: string;
  message: string;
  fields: Record<string, unknown>;
}

/** A log that keeps its lines. */
export function memoryLog(): { log: Log; lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const scoped = (kept: Record<string, unknown>): Log => {
    const write = (level: string) => (message: string, fields?: Record<string, unknown>) => {
      lines.push({ level, message, fields: { ...kept, ...fields } });
    };
    return {
      debug: write("debug"),
      info: write("info"),
      warn: write("warn"),
      error: write("error"),
      with: (fields) => scoped({ ...kept, ...fields }),
    };
  };
  return { log: scoped({}), lines };
}

interface Options {
  corsOrigins?: string[];
  trustedProxies?: number;
  addresses?: AddressGuard;
}

/** An endpoint builder whose log and metrics can be read, and whose request ids count up. */
export function testBuilder(options: Options = {}) {
  const { log, lines } = memoryLog();
  const measures: { route: string; status: number; duration: number }[] = [];
  let count = 0;
  const endpoint = endpointBuilder({
    log,
    openUsage: noUsage,
    record: (measure) => measures.push(measure),
    newId: () => `request-${++count}`,
    corsOrigins: options.corsOrigins ?? [],
    trustedProxies: options.trustedProxies ?? 0,
    errorsUrl: "/docs/errors",
    ...(options.addresses && { addresses: options.addresses }),
  });
  return { endpoint, lines, measures };
}
