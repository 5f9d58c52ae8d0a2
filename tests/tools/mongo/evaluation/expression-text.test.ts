import { describe, expect, it } from "@jest/globals";
import { Decimal128, Double, Long, ObjectId } from "bson";
import { evaluate, value } from "./documents.ts";

const long = (n: number) => Long.fromNumber(n);
const decimal = (text: string) => Decimal128.fromString(text);
const at = (text: string) => new Date(text);

describe("strings", () => {
  it.each<[unknown, unknown]>([
    [{ $concat: ["a", "b"] }, "ab"],
    [{ $concat: ["a", null] }, null],
    [{ $toUpper: "aé" }, "Aé"],
    [{ $strLenBytes: "é" }, 2],
    [{ $strLenCP: "😀" }, 1],
    [{ $substrBytes: ["héllo", 1, 2] }, "é"],
    [{ $substrCP: ["héllo", 1, 2] }, "él"],
    [{ $indexOfCP: ["😀a", "a"] }, 1],
    [{ $split: ["a,b", ","] }, ["a", "b"]],
    [{ $trim: { input: " a " } }, "a"],
    [{ $ltrim: { input: "xxa", chars: "x" } }, "a"],
    [{ $replaceAll: { input: "a.a", find: "a", replacement: { $literal: "$&" } } }, "$&.$&"],
    [{ $regexMatch: { input: "ABC", regex: "b", options: "i" } }, true],
    [
      { $regexFind: { input: "😀ab", regex: "(a)(x)?" } },
      { match: "a", idx: 1, captures: ["a", null] },
    ],
    [
      { $regexFindAll: { input: "aa", regex: "a" } },
      [
        { match: "a", idx: 0, captures: [] },
        { match: "a", idx: 1, captures: [] },
      ],
    ],
    [{ $strcasecmp: ["a", "B"] }, -1],
  ])("%j is %j", (expression, expected) => expect(evaluate(expression)).toEqual(value(expected)));
});

describe("dates", () => {
  const summer = at("2026-07-01T22:30:00Z");
  const zone = "Europe/Berlin";
  it.each<[unknown, unknown]>([
    [{ $hour: { date: summer, timezone: zone } }, 0],
    [{ $dayOfMonth: { date: summer, timezone: "+0130" } }, 2],
    [{ $year: summer }, 2026],
    [{ $week: at("2026-01-01") }, 0],
    [{ $isoWeek: at("2027-01-01") }, 53],
    [{ $isoWeekYear: at("2027-01-01") }, 2026],
    [{ $dayOfWeek: at("2026-03-01") }, 1],
    [{ $dateToString: { date: summer } }, "2026-07-01T22:30:00.000Z"],
    [
      { $dateToString: { date: summer, timezone: zone, format: "%Y-%m-%d %H:%M %z" } },
      "2026-07-02 00:30 +0200",
    ],
    [{ $dateToString: { date: null, onNull: "none" } }, "none"],
    [{ $dateFromString: { dateString: "2026-07-02T00:30", timezone: zone } }, summer],
    [{ $dateFromString: { dateString: "02.07.2026", format: "%d.%m.%Y" } }, at("2026-07-02")],
    [{ $dateFromString: { dateString: "x", onError: 0 } }, 0],
    [{ $dateFromParts: { year: 2026, month: 14, day: 1 } }, at("2027-02-01")],
    [{ $dateFromParts: { isoWeekYear: 2026, isoWeek: 1, isoDayOfWeek: 1 } }, at("2025-12-29")],
    [{ $dateAdd: { startDate: at("2026-01-31"), unit: "month", amount: 1 } }, at("2026-02-28")],
    [
      {
        $dateAdd: { startDate: at("2026-03-28T12:00:00Z"), unit: "day", amount: 1, timezone: zone },
      },
      at("2026-03-29T11:00:00Z"),
    ],
    [
      {
        $dateAdd: {
          startDate: at("2026-03-28T12:00:00Z"),
          unit: "hour",
          amount: 24,
          timezone: zone,
        },
      },
      at("2026-03-29T12:00:00Z"),
    ],
    [{ $dateSubtract: { startDate: at("2026-03-01"), unit: "day", amount: 1 } }, at("2026-02-28")],
    [
      { $dateDiff: { startDate: at("2026-01-31"), endDate: at("2026-02-01"), unit: "month" } },
      long(1),
    ],
    [
      {
        $dateDiff: {
          startDate: at("2026-02-28"),
          endDate: at("2026-03-02"),
          unit: "week",
          startOfWeek: "monday",
        },
      },
      long(1),
    ],
    [
      { $dateTrunc: { date: at("2026-03-04T05:06:07Z"), unit: "hour", binSize: 2 } },
      at("2026-03-04T04:00:00Z"),
    ],
    [{ $dateTrunc: { date: at("2026-03-04"), unit: "week" } }, at("2026-03-01")],
    [{ $dateTrunc: { date: summer, unit: "day", timezone: zone } }, at("2026-07-01T22:00:00Z")],
    [{ $dateTrunc: { date: at("2026-06-15"), unit: "quarter" } }, at("2026-04-01")],
  ])("%j is %j", (expression, expected) => expect(evaluate(expression)).toEqual(value(expected)));
});

describe("conversions", () => {
  const id = "0123456789abcdef01234567";
  it.each<[unknown, unknown]>([
    [{ $toInt: "12" }, 12],
    [{ $toInt: -3.9 }, -3],
    [{ $toLong: at("1970-01-01T00:00:05Z") }, long(5000)],
    [{ $toDouble: "1e3" }, new Double(1000)],
    [{ $toDecimal: "0.10" }, decimal("0.10")],
    [{ $toString: long(5) }, "5"],
    [{ $toString: new ObjectId(id) }, id],
    [{ $toObjectId: id }, new ObjectId(id)],
    [{ $toDate: long(0) }, at("1970-01-01")],
    [{ $toBool: "false" }, true],
    [{ $type: "$missing" }, "missing"],
    [{ $isNumber: decimal("1") }, true],
    [{ $convert: { input: "x", to: "int", onError: "bad" } }, "bad"],
    [{ $convert: { input: null, to: "int", onNull: 0 } }, 0],
  ])("%j is %j", (expression, expected) => expect(evaluate(expression)).toEqual(value(expected)));
});
