import { Decimal128, Double, Int32, Long, type ObjectId } from "bson";
import { isDoc, type Value } from "./codec.ts";
import { kindOf } from "./kinds.ts";

/** A value as MongoDB writes it in its messages: `{ a: 1, b: "x" }`. */
export function describe(value: Value | undefined): string {
  if (value === undefined) return "MISSING";
  if (typeof value === "string") return JSON.stringify(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (value instanceof Double) return doubleText(value.value);
  if (value instanceof Int32 || value instanceof Long || value instanceof Decimal128) {
    return value.toString();
  }
  if (Array.isArray(value)) {
    return value.length === 0 ? "[]" : `[ ${value.map(describe).join(", ")} ]`;
  }
  if (isDoc(value)) {
    const fields = Object.entries(value).map(([name, field]) => `${name}: ${describe(field)}`);
    return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
  }
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  const kind = kindOf(value);
  if (kind === "objectId") return `ObjectId('${(value as ObjectId).toHexString()}')`;
  if (kind === "minKey") return "MinKey";
  if (kind === "maxKey") return "MaxKey";
  return JSON.stringify(value);
}

const doubleText = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 1e15 ? value.toFixed(1) : String(value);
