import type { Binary, Code, ObjectId, Timestamp } from "bson";
import { Double } from "bson";
import { type Doc, isDoc, type Value } from "../values/codec.ts";
import { isNumber, kindOf } from "../values/kinds.ts";

/** A value as MongoDB writes it in its messages: `{ a: 1, b: "x", c: 1.0 }`. */
export function show(value: Value | undefined): string {
  if (value === undefined) return "undefined";
  if (typeof value === "string") return `"${value}"`;
  if (value === null || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return value.length ? `[ ${value.map(show).join(", ")} ]` : "[]";
  if (isDoc(value)) return showDoc(value);
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  if (value instanceof Double) {
    return Number.isInteger(value.value) ? value.value.toFixed(1) : String(value.value);
  }
  if (isNumber(value)) return value.toString();
  switch (kindOf(value)) {
    case "objectId":
      return `ObjectId('${(value as ObjectId).toHexString()}')`;
    case "binData":
      return `BinData(${(value as Binary).sub_type}, ${(value as Binary).toString("hex").toUpperCase()})`;
    case "timestamp":
      return `Timestamp(${(value as Timestamp).getHighBitsUnsigned()}, ${(value as Timestamp).getLowBitsUnsigned()})`;
    case "javascript":
      return String((value as Code).code);
    default:
      return kindOf(value) === "minKey"
        ? "MinKey"
        : kindOf(value) === "maxKey"
          ? "MaxKey"
          : String(value);
  }
}

function showDoc(doc: Doc): string {
  const fields = Object.entries(doc).map(([name, value]) => `${name}: ${show(value)}`);
  return fields.length ? `{ ${fields.join(", ")} }` : "{}";
}
