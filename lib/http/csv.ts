/** The quality that an Accept header gives a media type (RFC 9110, section 12.5.1); 0 if it does not name it. */
function quality(accept: string, type: string): number {
  const qualities = accept.split(",").flatMap((range) => {
    const [name = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    if (name !== type) return [];
    const q = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? "1";
    return Number.isNaN(Number(q)) ? [] : [Number(q)];
  });
  return Math.max(0, ...qualities);
}

/** Whether a caller asks for CSV by name, and not rather for JSON. */
export const prefersCsv = (accept: string | undefined): boolean => {
  const csv = quality(accept ?? "", "text/csv");
  return csv > 0 && csv >= quality(accept ?? "", "application/json");
};

/** How a reply is written as a table. */
export interface Table<Reply> {
  /** Of its columns. */
  names: readonly string[];
  records(reply: Reply): readonly (readonly unknown[])[];
}

/** A reply as CSV (RFC 4180), with the names of the columns as its first line. */
export const csvOf = <Reply>({ names, records }: Table<Reply>, reply: Reply): string =>
  [names, ...records(reply)].map((record) => `${record.map(cell).join(",")}\r\n`).join("");

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  // A spreadsheet takes a text that begins so for a formula.
  const text = String(value).replace(/^(?=[=+\-@\t\r])/, "'");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
