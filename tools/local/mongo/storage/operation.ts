/** What a journal record can say; the numbers are the format on disk. */
const operationKinds = {
  /** The document that now stands under its `_id`. */
  put: 1,
  /** `{ _id }` is gone. */
  remove: 2,
  /** `{ ns, uuid, options, indexes }`: the collection of this number begins. */
  create: 3,
  drop: 4,
  /** `{ ns, options }` as they now are. */
  modify: 5,
  /** `{ specs }`: all indexes but `_id_` as they now are. */
  indexes: 6,
} as const;

export type OperationKind = keyof typeof operationKinds;

const names = new Map<number, OperationKind>(
  Object.entries(operationKinds).map(([name, kind]) => [kind, name as OperationKind]),
);

/** One change of one collection: a kind byte, the collection's number (uint32 LE), one BSON document. */
export type Operation = { kind: OperationKind; collection: number; document: Uint8Array };

const headBytes = 5;

/** The parts of a journal record, to be written one after the other. */
export function operationParts({ kind, collection, document }: Operation): Uint8Array[] {
  const head = Buffer.allocUnsafe(headBytes);
  head.writeUInt8(operationKinds[kind]);
  head.writeUInt32LE(collection, 1);
  return [head, document];
}

/** The operations of a record; documents are views of it. Throws RangeError if it isn't made of operations. */
export function* readOperations(record: Buffer): Generator<Operation & { document: Buffer }> {
  for (let at = 0; at < record.length; ) {
    const kind = names.get(record.readUInt8(at));
    if (kind === undefined) throw new RangeError("unknown operation");
    const collection = record.readUInt32LE(at + 1);
    const start = at + headBytes;
    at = start + record.readInt32LE(start);
    if (at > record.length || at < start + headBytes) throw new RangeError("bad document length");
    yield { kind, collection, document: record.subarray(start, at) };
  }
}
