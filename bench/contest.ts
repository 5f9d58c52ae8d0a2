import type { MongoClient } from "mongodb";
import { median, timed } from "./timing.ts";

/** One way to serve a request. */
export interface Contestant {
  name: string;
  /** The client that its requests go through. */
  client: MongoClient;
  /** The commands of one request in their order; `contest` fails if it sends others. */
  commands: readonly string[];
  request: (number: number) => Promise<unknown>;
  /** Run before what is measured, so that the traces of what was measured before don't weigh. */
  tidy?: () => Promise<unknown>;
}

export interface Standing {
  name: string;
  roundTrips: number;
  /** Milliseconds of one request alone, the median. */
  ms: number;
  /** With `atOnce` requests open, the median of some slices. */
  perSecond: number;
}

const warmUp = 200;
const rounds = 300;
const slices = 5;
const perSlice = 600;
export const atOnce = 20;

/**
 * Measures contestants that take turns, so that whatever else the machine does meets all of them:
 * first request by request, then slice by slice.
 */
export async function contest<Names extends string>(
  contestants: Record<Names, Contestant>,
): Promise<Record<Names, Standing>> {
  const names = Object.keys(contestants) as Names[];
  const times = await timesAlone(contestants);
  const speeds = mapped(contestants, (): number[] => []);
  let number = 0;
  for (let slice = 0; slice < slices; slice++) {
    for (const name of names) {
      await contestants[name].tidy?.();
      speeds[name].push(await throughput(contestants[name].request, number));
    }
    number += perSlice;
  }
  return mapped(contestants, ({ name, commands }, key) => ({
    name,
    roundTrips: commands.length,
    ms: times[key],
    perSecond: median(speeds[key]),
  }));
}

/** Milliseconds of one request alone, the medians of contestants that take turns. */
export async function timesAlone<Names extends string>(
  contestants: Record<Names, Contestant>,
): Promise<Record<Names, number>> {
  const names = Object.keys(contestants) as Names[];
  const times = mapped(contestants, (): number[] => []);
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of names) {
      const ms = await timed(() => contestants[name].request(round + warmUp));
      if (round >= 0) times[name].push(ms);
    }
  }
  return mapped(times, median);
}

const mapped = <Names extends string, From, To>(
  record: Record<Names, From>,
  change: (value: From, name: Names) => To,
): Record<Names, To> =>
  Object.fromEntries(
    (Object.entries(record) as [Names, From][]).map(([name, value]) => [name, change(value, name)]),
  ) as Record<Names, To>;

/** Requests a second with `atOnce` of them open. */
async function throughput(request: Contestant["request"], first: number): Promise<number> {
  let next = 0;
  const elapsed = await timed(() =>
    Promise.all(
      Array.from({ length: atOnce }, async () => {
        while (next < perSlice) await request(first + next++);
      }),
    ),
  );
  return (perSlice / elapsed) * 1_000;
}

/** @throws Error if a request sends other commands than the contestant names; its client must monitor them */
export async function assertCommands(contestant: Contestant): Promise<void> {
  const { name, client, commands, request } = contestant;
  // What is done once, such as the creation of a collection, is behind it after some requests.
  for (let number = 0; number < 3; number++) await request(number);
  const sent: string[] = [];
  const note = ({ commandName }: { commandName: string }) => sent.push(commandName);
  client.on("commandStarted", note);
  await request(0);
  client.off("commandStarted", note);
  if (sent.join() === commands.join()) return;
  throw new Error(`${name} sends ${sent.join(", ")} in place of ${commands.join(", ")}`);
}
