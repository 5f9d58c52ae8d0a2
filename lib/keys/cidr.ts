/** A range of addresses as two 128-bit numbers of 32 hexadecimal digits, the first and the last; IPv4 stands inside ::ffff:0:0/96. */
export interface AddressRange {
  from: string;
  to: string;
}

const bits = 128;
const ipv4Offset = 96;

/**
 * An address as 32 hexadecimal digits, in the order of addresses, or undefined if it is none.
 * A part of IPv4 with a leading zero is refused: some read it as octal. So is an IPv6 zone.
 */
export function addressDigits(text: string): string | undefined {
  const groups = text.includes(":") ? ipv6Groups(text) : mapped(ipv4Groups(text));
  return groups?.map((group) => group.toString(16).padStart(4, "0")).join("");
}

/** An address or `address/prefix` (RFC 4632, RFC 4291) as a range; bits beyond the prefix do not count. Undefined if it is neither. */
export function parseRange(text: string): AddressRange | undefined {
  const [address = "", prefix, ...rest] = text.split("/");
  const digits = addressDigits(address);
  if (digits === undefined || rest.length > 0) return undefined;
  const offset = address.includes(":") ? 0 : ipv4Offset;
  const length = prefix === undefined ? bits - offset : prefixLength(prefix);
  if (length === undefined || length > bits - offset) return undefined;
  const host = (1n << BigInt(bits - offset - length)) - 1n;
  const last = BigInt(`0x${digits}`) | host;
  return { from: toDigits(last ^ host), to: toDigits(last) };
}

/** The digits of an IPv4 address begin so. */
const ipv4 = "00000000000000000000ffff";

/**
 * Where a range that covers an address must begin at the earliest: `::/0` is all of IPv6, so a range
 * that is wider than IPv4's place in IPv6 does not reach into it.
 */
export const leastFrom = (digits: string): string => (digits.startsWith(ipv4) ? ipv4 : "");

/** Whether an address, as its digits, is in a range. The gate's statement says the same. */
export const covers = ({ from, to }: AddressRange, digits: string): boolean =>
  from <= digits && digits <= to && from >= leastFrom(digits);

/** The shortest text of a range: what `parseRange` reads back as the same range. IPv6 as RFC 5952 writes it. */
export function formatRange({ from, to }: AddressRange): string {
  const host = BigInt(`0x${from}`) ^ BigInt(`0x${to}`);
  const prefix = bits - (host === 0n ? 0 : host.toString(2).length);
  const isIpv4 = prefix >= ipv4Offset && from.startsWith(ipv4);
  const address = isIpv4 ? ipv4Text(from) : ipv6Text(from);
  if (prefix === bits) return address;
  return `${address}/${isIpv4 ? prefix - ipv4Offset : prefix}`;
}

const toDigits = (number: bigint): string => number.toString(16).padStart(32, "0");

const decimal = /^(0|[1-9]\d{0,2})$/;

const prefixLength = (text: string): number | undefined =>
  decimal.test(text) ? Number(text) : undefined;

function ipv4Groups(text: string): number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const [a = 256, b = 256, c = 256, d = 256] = parts.map((part) =>
    decimal.test(part) ? Number(part) : 256,
  );
  return Math.max(a, b, c, d) > 255 ? undefined : [a * 256 + b, c * 256 + d];
}

const mapped = (groups: number[] | undefined): number[] | undefined =>
  groups && [0, 0, 0, 0, 0, 0xffff, ...groups];

function ipv6Groups(text: string): number[] | undefined {
  const halves = text.split("::").map((half) => (half === "" ? [] : half.split(":")));
  const [head = [], tail] = halves;
  if (halves.length > 2) return undefined;
  const before = head.map(ipv6Part);
  const after = (tail ?? []).map(ipv6Part);
  // Only the very last part may be an IPv4 address, and it stands for two groups.
  const last = (tail ?? head).at(-1);
  const inIpv4 = last?.includes(".") ? ipv4Groups(last) : undefined;
  if (inIpv4) (tail ? after : before).splice(-1, 1, ...inIpv4);
  const missing = 8 - before.length - after.length;
  if (tail ? missing < 1 : missing !== 0) return undefined;
  const groups = [...before, ...Array<number>(missing).fill(0), ...after];
  return groups.some(Number.isNaN) ? undefined : groups;
}

const ipv6Part = (text: string): number =>
  /^[0-9a-f]{1,4}$/i.test(text) ? Number.parseInt(text, 16) : Number.NaN;

const ipv4Text = (digits: string): string =>
  [24, 26, 28, 30].map((at) => Number.parseInt(digits.slice(at, at + 2), 16)).join(".");

/** The URL standard writes IPv6 as RFC 5952 does. */
const ipv6Text = (digits: string): string =>
  new URL(`http://[${digits.match(/.{4}/g)?.join(":")}]`).hostname.slice(1, -1);
