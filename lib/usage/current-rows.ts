import type { Figures, Row } from "./row.ts";
import type { Dimensions, StatisticsStore, TailPart, UsageWanted } from "./statistics-store.ts";

/** What rows and the events after them come to. */
export interface Counted<Key> extends Figures {
  key: Key;
}

/** Newer rows than the last finished run's, by text of their key, with where their time stands in `bands`. */
interface Newer {
  bands: Date[];
  places: Map<string, number>;
}

/**
 * Rows that a run has written which is not finished, or was killed, have more than the watermark
 * says. What each of them has already must not be counted again from the events.
 */
function newerThan(
  watermark: Date | undefined,
  rows: readonly { key: unknown; upTo: Date }[],
): Newer {
  const newer = rows.filter(({ upTo }) => watermark === undefined || upTo > watermark);
  const times = [...new Set(newer.map(({ upTo }) => upTo.getTime()))].sort((a, b) => a - b);
  return {
    bands: times.map((time) => new Date(time)),
    places: new Map(
      newer.map(({ key, upTo }) => [JSON.stringify(key), times.indexOf(upTo.getTime())]),
    ),
  };
}

const notIn =
  ({ places }: Newer) =>
  <Key>({ _id: { row, band } }: TailPart<Key>): boolean =>
    band > (places.get(JSON.stringify(row)) ?? -1);

const partOf = <Key>({ _id, ...figures }: TailPart<Key>): Counted<Key> => ({
  key: _id.row,
  ...figures,
});

/** The usage of one account up to this moment, two round trips: rows, then the events that they don't have. */
export async function ownUsage(
  statistics: Pick<StatisticsStore, "ownRows" | "ownTail">,
  wanted: UsageWanted & { account: Row["_id"]["account"] & object },
): Promise<Counted<Row["_id"]>[]> {
  const { watermark, rows } = await statistics.ownRows(wanted);
  const keyed = rows.map(({ _id, ...row }) => ({ key: _id, ...row }));
  const newer = newerThan(watermark, keyed);
  const tail = await statistics.ownTail(wanted, { watermark, bands: newer.bands });
  return [...keyed, ...tail.filter(notIn(newer)).map(partOf)];
}

/** The usage of all up to this moment, by endpoint, model and status. Two round trips. */
export async function allUsage(
  statistics: Pick<StatisticsStore, "allRows" | "allTail">,
  wanted: UsageWanted,
): Promise<Counted<Dimensions>[]> {
  const { watermark, rows } = await statistics.allRows(wanted);
  const single = rows.flatMap(({ _id: { newer }, upTo }) => (newer ? [{ key: newer, upTo }] : []));
  const newer = newerThan(watermark, single);
  const tail = await statistics.allTail(wanted, { watermark, bands: newer.bands });
  return [
    ...rows.map(({ _id: key, ...row }) => ({ key, ...row })),
    ...tail.filter(notIn(newer)).map(partOf),
  ];
}
