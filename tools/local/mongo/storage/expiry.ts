import type { Collection } from "./collection.ts";
import { endOfPrefix, orderKey, typeInterval } from "./order-key.ts";

/** The records that a TTL index of the collection says are due: a date, or the earliest of several, has passed. */
export function dueRecords(collection: Collection, now: Date): Set<number> {
  const due = new Set<number>();
  for (const index of collection.indexes) {
    const { expireAfterSeconds } = index;
    const [field] = index.fields;
    if (expireAfterSeconds === undefined || field === undefined) continue;
    const limit = new Date(now.getTime() - expireAfterSeconds * 1000);
    const dates = typeInterval(limit, field.direction);
    const last = orderKey([limit], [field.direction]);
    const interval =
      field.direction === 1
        ? { from: dates.from, to: last + endOfPrefix }
        : { from: last, to: dates.to };
    for (const record of index.entries.range(interval)) due.add(record);
  }
  return due;
}
